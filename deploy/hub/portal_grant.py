"""Ask the portal before each server starts whether it may, and in which environment."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.web import HTTPError

# Below 500: the hub counts those as its own failures, and ends itself after a few. The portal tells its own starts by these two.
NOT_GRANTED, PORTAL_AWAY = 409, 424
ANSWER_SECONDS = 10


def refusal(status: int, words: str) -> HTTPError:
    """The error that the person reads on the hub's page, and the portal in the API's answer."""
    error = HTTPError(status, "%s", words)
    error.jupyterhub_message = words
    return error


def take_profile(spawner: Any, environment: dict[str, str]) -> None:
    """Have KubeSpawner start the profile of that name, whatever was asked for."""
    spawner.user_options = {**(spawner.user_options or {}), "profile": environment["name"]}


def asking_portal(address: str, secret: str, use: Callable[[Any, dict[str, str]], None] = take_profile) -> Callable[[Any], Awaitable[None]]:
    """A pre_spawn_hook that lets a server start only where the portal grants it to its person, in the environment that it answers with."""

    async def ask(spawner: Any) -> None:
        options = spawner.user_options or {}
        environment = options.get("environment") or options.get("profile") or ""
        question = json.dumps({"user": spawner.user.name, "server": spawner.name, "environment": str(environment)[:200]})
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        try:
            reply = await AsyncHTTPClient().fetch(
                address,
                method="POST",
                headers=headers,
                body=question,
                connect_timeout=ANSWER_SECONDS,
                request_timeout=ANSWER_SECONDS,
                follow_redirects=False,
                raise_error=False,
            )
            answer = json.loads(reply.body) if reply.code in (200, 503) else {}  # 503 says why it is too early
        except (OSError, ValueError, HTTPClientError) as error:
            spawner.log.warning("the portal at %s did not answer: %s", address, error)
            answer = {}
        answer = answer if isinstance(answer, dict) else {}
        reason = str(answer.get("reason") or "")
        if not isinstance(answer.get("allowed"), bool):
            raise refusal(PORTAL_AWAY, reason or "The portal is not responding, so no notebook can start. Try again in a minute.")
        if not answer["allowed"]:
            raise refusal(NOT_GRANTED, reason or "The portal does not allow this notebook.")
        if answer.get("environment"):
            use(spawner, answer["environment"])

    return ask
