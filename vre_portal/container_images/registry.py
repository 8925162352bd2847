"""Whether an image exists and which one a tag names now, asked of its registry (OCI distribution API) without an account. Only registries that the operator names are asked.

What a registry sends is not trusted: it may lead to no address inside a private network, and nothing of it is shown.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlencode, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from django.conf import settings
from django.core.cache import cache

from vre_portal.container_images.names import HUB, HUB_DOOR, ImageName
from vre_portal.http.guarded import AddressRefused, GuardedAnswer, NoAnswer, ask

MANIFESTS = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
SILENT_SECONDS = 60  # for which a registry that did not answer is not asked again: each question would wait for nothing
KEPT_SECONDS = {"there": 6 * 3600, "missing": 300, "closed": 300}  # a tag that is missing may be pushed; a digest that is there stays
DIGEST_SECONDS = 7 * 24 * 3600
TAG_SECONDS = 300  # for which a tag is taken to name the same image: many runs of one workflow ask once
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
LONGEST_TOKEN = 16_000


class Image(StrEnum):
    """What is known of an image."""

    THERE = "there"
    MISSING = "missing"  # the registry says so
    CLOSED = "closed"  # it is private, or does not exist: without an account the registry says neither
    UNKNOWN = "unknown"  # the registry did not say


def _plain() -> dict[str, str]:
    """The hosts of the setting with their schemes: https, unless the operator wrote http://."""
    named = {}
    for entry in settings.IMAGE_REGISTRIES:
        scheme, mark, host = entry.strip().rstrip("/").rpartition("://")
        named[host.lower()] = scheme if mark else "https"
    return named


def is_asked(name: ImageName) -> bool:
    """Whether the operator lets the portal ask the image's registry."""
    return name.host in _plain()


def known(names: Iterable[ImageName]) -> dict[ImageName, Image]:
    """What registries said a while ago of those of which that is known. Nothing is asked."""
    keys = {_key(name): name for name in names}
    return {keys[key]: Image(found) for key, found in cache.get_many(keys).items() if found in tuple(Image)}


def known_digests(names: Iterable[ImageName]) -> dict[ImageName, str]:
    """The digests of those of which the registry has just told them, or whose names are digests. Nothing is asked."""
    names = list(names)
    kept = cache.get_many([_digest_key(name) for name in names])
    found = {name: name.reference if name.is_digest else kept.get(_digest_key(name), "") for name in names}
    return {name: digest for name, digest in found.items() if digest}


def look_up_digest(name: ImageName, end: float) -> str:
    """The digest of the image that the name stands for now; empty where the registry does not say. Never raises."""
    if found := known_digests([name]).get(name):
        return found
    _ask(name, end)
    return known_digests([name]).get(name, "")


def look_up(name: ImageName, end: float) -> Image:
    """What the registry says, by `end` on the monotonic clock; a failure of the moment is not remembered. Never raises."""
    return known([name]).get(name) or _ask(name, end)


def _ask(name: ImageName, end: float) -> Image:
    silent = f"image-registry-silent:{name.host}"
    if time.monotonic() >= end or cache.get(silent):
        return Image.UNKNOWN
    try:
        status, digest = _status(name, end)
    except AddressRefused:
        return Image.UNKNOWN
    except NoAnswer:
        cache.set(silent, True, SILENT_SECONDS)
        return Image.UNKNOWN
    found = {200: Image.THERE, 404: Image.MISSING, 401: Image.CLOSED, 403: Image.CLOSED}.get(status, Image.UNKNOWN)
    if found is not Image.UNKNOWN:
        is_lasting = found is Image.THERE and name.is_digest
        cache.set(_key(name), str(found), DIGEST_SECONDS if is_lasting else KEPT_SECONDS[found])
    if found is Image.THERE and digest:
        cache.set(_digest_key(name), digest, TAG_SECONDS)
    return found


def _key(name: ImageName) -> str:
    return f"image:{name.host}/{name.repository}@{name.reference}"


def _digest_key(name: ImageName) -> str:
    return f"image-digest:{name.host}/{name.repository}@{name.reference}"


def _status(name: ImageName, end: float) -> tuple[int, str]:
    """The answer to HEAD and the digest in it, with the token for everybody where the registry wants one."""
    answer = ask_about(name, "HEAD", f"manifests/{name.reference}", MANIFESTS, end)
    return answer.status, digest_of(answer)


def ask_about(name: ImageName, method: str, path: str, accept: str, end: float) -> GuardedAnswer:
    """The answer to a question about the image's repository, with the token for everybody where the registry wants one. Raises NoAnswer,
    AddressRefused."""
    url = f"{_plain()[name.host]}://{name.door}/v2/{name.repository}/{path}"
    answer = _asked(method, url, {"Accept": accept}, end)
    if answer.status == 401 and (token := _token(answer.headers, name, end)):
        answer = _asked(method, url, {"Accept": accept, "Authorization": f"Bearer {token}"}, end)
    return answer


def digest_of(answer: GuardedAnswer) -> str:
    """The digest that the answer names; empty where it names none."""
    digest = header_of(answer, "docker-content-digest")
    return digest if DIGEST.fullmatch(digest) else ""


def header_of(answer: GuardedAnswer, name: str) -> str:
    """A header of the answer, whatever its case; empty where there is none."""
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")


def _asked(method: str, url: str, headers: Mapping[str, str], end: float) -> GuardedAnswer:
    named = {HUB_DOOR if host == HUB else host for host in _plain()}
    return ask(method, url, headers, named=named, seconds=end - time.monotonic())


def _token(headers: Mapping[str, str], name: ImageName, end: float) -> str:
    """The token that a registry gives everybody to pull this repository; empty where it gives none."""
    challenge = next((value for key, value in headers.items() if key.lower() == "www-authenticate"), "")
    scheme, _space, rest = challenge.partition(" ")
    try:
        said = parse_keqv_list(parse_http_list(rest))
        realm = urlsplit(said.get("realm", ""))
    except (ValueError, IndexError):
        return ""
    if scheme.lower() != "bearer" or (realm.scheme != "https" and _plain().get(realm.netloc) != "http"):
        return ""
    query = {"service": said.get("service", "")[:200], "scope": f"repository:{name.repository}:pull"}
    joined = "&".join(filter(None, [realm.query, urlencode(query)]))
    answer = _asked("GET", realm._replace(query=joined, fragment="").geturl(), {"Accept": "application/json"}, end)
    if answer.status != 200:
        return ""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    token = (content.get("token") or content.get("access_token")) if isinstance(content, dict) else None
    return token if isinstance(token, str) and _is_sendable(token) else ""


def _is_sendable(token: str) -> bool:
    return len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token
