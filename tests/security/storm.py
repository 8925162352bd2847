"""Many people at many services from many threads at once, by the vault and the portal's one HTTP door."""

import dataclasses
import random
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from tests.security.upstream import CALLER, Upstream
from vre_portal import http
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User
from vre_portal.services import Service

AGE_EVERY = 97  # calls after which a thread makes a token old, so that renewals happen in the middle of it


def turns(users: int, services: int, calls: int, seed: int) -> list[tuple[int, int]]:
    """Each person `calls` times, at services in turn, in an order of chance that can be had again."""
    found = [(user, call % services) for user in range(users) for call in range(calls)]
    random.Random(seed).shuffle(found)  # noqa: S311 -- an order, no secret
    return found


def storm(people: Sequence[User], targets: Sequence[tuple[Service, Upstream]], *, calls: int, threads: int, seed: int = 1) -> Counter[str]:
    """Let every person call `calls` times; counts the answers by status.

    "renewed" counts tokens that were made old on the way, "unavailable" calls that found nobody and were made again.
    """
    order, found, lock = turns(len(people), len(targets), calls, seed), Counter[str](), threading.Lock()
    gate = threading.Barrier(threads)

    def work(number: int) -> None:
        own: Counter[str] = Counter()
        try:
            gate.wait(60)
            for turn, (who, where) in enumerate(order[number::threads], 1):
                person, (service, upstream) = people[who], targets[where]
                if turn % AGE_EVERY == 0:
                    own["renewed"] += make_old(person, service)
                while (status := call(person, service, upstream)) is None:
                    own["unavailable"] += 1
                own[str(status)] += 1
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not go unseen in a thread
            own[f"{type(error).__name__}: {error}"] += 1
        finally:
            connection.close()
            with lock:
                found.update(own)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return found


def call(person: User, service: Service, upstream: Upstream) -> int | None:
    """One use of a token; the status of the answer, or None where a machine at its limit let a connection wait too long."""
    there = dataclasses.replace(service, url=upstream.url)
    try:
        token = vault.access_token(person, service, purpose="storm")
        return http.request(there, "GET", "/", token=token, headers={CALLER: person.subject}).status
    except http.RemoteUnavailable:
        return None


def make_old(person: User, service: Service) -> int:
    past = timezone.now() - timedelta(seconds=1)
    key = f"{service.kind}/{service.name}"
    return Token.objects.filter(user=person, service=key, lease=None).update(expires_at=past, fresh_until=past)
