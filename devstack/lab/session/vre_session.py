"""Rucio's clients as a notebook session needs them: with the session's token as it is now.

    from vre_session import Client, DownloadClient, UploadClient, token

The hub renews the token in its file while the session runs, and Rucio's own clients read that file once, when they are made: an hour
later they fail. These are the same clients, reading it at each request. `token()` is for everything else, such as `requests`:

    requests.get(address, headers={"Authorization": f"Bearer {token()}"})

Where there is no good token, they raise NoToken, whose text says why and what to do; Rucio's own would ask for a code on the keyboard.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import rucio.client
from rucio.client import downloadclient, uploadclient
from rucio.client.baseclient import BaseClient
from rucio.common.exception import CannotAuthenticate, RucioException

UNAUTHORIZED = 401
WAITS_FOR_BYTES = "COPYING"


class NoToken(CannotAuthenticate):
    """The session has no good token for the Data Lake; the text says why and what to do."""


def token() -> str:
    """The session's token for the Data Lake; raises NoToken where there is none or it has ended."""
    try:
        text = token_file().read_text().strip()
    except OSError:
        raise NoToken(f"This session has no token for the Data Lake. {reason()}") from None
    if (until := end_of(text)) <= time.time():
        ended = time.strftime("%H:%M UTC", time.gmtime(until))
        raise NoToken(f"This session's token for the Data Lake expired at {ended} and was not renewed. {reason()}")
    return text


def token_file() -> Path:
    """Where the hub keeps the token."""
    return Path(os.environ["RUCIO_OIDC_FILE_NAME"])


def end_of(text: str) -> float:
    """When a token ends, in seconds since 1970; 0 for what is no token."""
    try:
        claims = text.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])
    except (ValueError, LookupError, TypeError):
        return 0


def status() -> dict[str, str]:
    """What the hub last did about the token: `checked` (when), `problem` (why there is no new one), `shortfall` (what it lacks)."""
    try:
        found = json.loads(token_file().with_name(f"{token_file().name}.status").read_text())
    except (OSError, ValueError):
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def reason() -> str:
    """Why there is no good token, and what to do."""
    told = status()
    cause = told.get("problem") or "The hub has not renewed it. It may be down, or this session cannot reach it."
    checked = f" ({told['checked']})" if told.get("checked") else ""
    hub = os.environ.get("HUB_URL", "the hub")
    return (
        f"{cause}{checked} Sign out of the hub and in again, at {hub}. You don't need to restart this session. "
        "If that does not help, show this message to the administrator of the hub."
    )


def about_token() -> str:
    """A line on the session's token, for people: good until when, what it lacks, or why there is none."""
    try:
        until = time.strftime("%H:%M UTC", time.gmtime(end_of(token())))
    except NoToken as error:
        return str(error)
    return f"Your token for the Data Lake is valid until {until}; the hub renews it before then. {status().get('shortfall', '')}".rstrip()


class CurrentToken:
    """An attribute that is the session's token whenever it is read, whatever was written to it."""

    def __get__(self, client: object, owner: type | None = None) -> str:
        return token()

    def __set__(self, client: object, value: object) -> None:
        pass


def at_each_request(send: Callable[..., Any]) -> Callable[..., Any]:
    """The method that sends a client's requests: it never signs in anew by itself at a 401, which also means "not allowed"."""

    @wraps(send)
    def send_request(client: Any, url: str, *args: Any, get_token: bool = False, **options: Any) -> Any:
        path, *query = url.split("?", 1)
        url = "?".join((path.replace("+", "%20"), *query))  # Rucio writes a space in a name as +, which its server takes for a plus
        reply = send(client, url, *args, get_token=True, **options)  # with it, Rucio does not ask for a code on the keyboard
        if reply.status_code == UNAUTHORIZED and reply.headers.get("ExceptionClass") == "CannotAuthenticate":
            raise NoToken(f"The Data Lake refuses this session's token: {reply.headers.get('ExceptionMessage', 'no reason')}. {reason()}")
        return reply

    return send_request


def telling_what_is_left(upload: Callable[..., Any]) -> Callable[..., Any]:
    """The method that uploads; where something failed, its error tells which names are registered without their bytes, and how to go on."""

    @wraps(upload)
    def upload_and_tell(client: Any, items: Iterable[dict[str, Any]], *args: Any, **options: Any) -> Any:
        items = list(items)
        try:
            return upload(client, items, *args, **options)
        except RucioException as error:
            error.args = (*error.args, left_behind(client, items))
            raise

    return upload_and_tell


def left_behind(client: Any, items: list[dict[str, Any]]) -> str:
    """What of these files is registered without a copy, as a sentence; empty where nothing is."""
    names = [{"scope": item.get("did_scope") or client.default_file_scope, "name": name_of(item)} for item in items]
    try:
        found = list(client.client.list_replicas(names, all_states=True))
    except (RucioException, OSError):
        return "The Data Lake could not be asked whether names were registered without a copy. Look for these names there."
    left = [f"{file['scope']}:{file['name']}" for file in found if WAITS_FOR_BYTES in (file.get("states") or {}).values()]
    if not left:
        return ""
    return (
        f"Registered, but without a copy: {', '.join(left)}. Upload the same file again to complete it, "
        "or remove the name: rucio did remove scope:name."
    )


def name_of(item: dict[str, Any]) -> str:
    """The name that an upload gets in the Data Lake."""
    return str(item.get("did_name") or Path(item["path"]).name)


class Client(rucio.client.Client):  # type: ignore[misc]
    """`rucio.client.Client` for a session of any length."""

    auth_token = CurrentToken()
    _send_request = at_each_request(BaseClient._send_request)


class DownloadClient(downloadclient.DownloadClient):  # type: ignore[misc]
    """`rucio.client.downloadclient.DownloadClient`, whose later files use the later token."""

    auth_token = CurrentToken()

    def __init__(self, client: Any = None, **options: Any) -> None:
        super().__init__(client or Client(), **options)


class UploadClient(uploadclient.UploadClient):  # type: ignore[misc]
    """`rucio.client.uploadclient.UploadClient`, whose later files use the later token, and which says what a failed upload left."""

    auth_token = CurrentToken()
    upload = telling_what_is_left(uploadclient.UploadClient.upload)

    def __init__(self, _client: Any = None, **options: Any) -> None:
        super().__init__(_client or Client(), **options)


def renew_in_programs_of_rucio() -> None:
    """Let Rucio's own classes do the same in this process: for its command line and the Lab's extension, which make them themselves.

    Notebooks import the classes above instead, so that it can be seen.
    """
    BaseClient._send_request = at_each_request(BaseClient._send_request)
    BaseClient.auth_token = downloadclient.DownloadClient.auth_token = uploadclient.UploadClient.auth_token = CurrentToken()
    uploadclient.UploadClient.upload = telling_what_is_left(uploadclient.UploadClient.upload)
