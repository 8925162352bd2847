"""Read an address from standard input, fetch one commit over smart HTTP, write its files to a ZIP, and answer with JSON: what is kept, or a reason."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.apps import apps
from django.conf import settings
from dulwich.client import HttpGitClient, HTTPUnauthorized
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.objects import Commit, Tag
from dulwich.repo import Repo

from vre_portal.address_guard import AddressRefused, check_address, guarded_pool
from vre_portal.repositories.child import limits, walk

ROOT = Path(__file__).resolve().parents[3]
SHA = re.compile(rb"[0-9a-f]{40}")
TAGS_DEEP = 5


class Refusal(Exception):
    """The repository is not fetched; the text is a reason that the parent puts into words."""


class Seen(Exception):
    """The server's list named what was looked for; nothing more is asked."""


class Client(HttpGitClient):
    """Counts what the server sends: the protocol itself ends neither a list of branches nor what is said of the progress."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.received, self.has_refs = 0, False
        self.peeled: dict[bytes, bytes] = {}  # annotated tag: the commit that it names

    def _discover_references(self, *args: Any, **options: Any) -> Any:
        found = super()._discover_references(*args, **options)
        self.peeled = {bytes(name): bytes(commit) for name, commit in found[4].items()}
        return found

    def _http_request(self, *args: Any, **options: Any) -> tuple[Any, Callable[[int], bytes]]:
        response, read = super()._http_request(*args, **options)

        def counted(amount: int) -> bytes:
            piece = read(amount)
            self.received += len(piece)
            if not self.has_refs and self.received > limits.MAX_ADVERTISEMENT_BYTES:
                raise Refusal("refs")
            if self.received > limits.MAX_ANSWER_BYTES:
                raise Refusal("bytes")
            return piece

        return response, counted


class Wanted:
    """Finds the commit that a branch, a tag, a full hash or nothing names, among what the server offers."""

    def __init__(self, ref: str, *, looks_only: bool = False) -> None:
        self.ref, self.name, self.sha, self.looks_only = ref.encode(), b"", b"", looks_only

    def __call__(self, refs: dict[bytes, bytes | None], depth: int | None = None) -> list[bytes]:
        if len(refs) > limits.MAX_REFS:
            raise Refusal("refs")
        names = (b"refs/heads/" + self.ref, b"refs/tags/" + self.ref, self.ref) if self.ref else (b"HEAD",)
        self.name, sha = next(((name, found) for name in names if (found := refs.get(name))), (b"", None))
        if sha is None and SHA.fullmatch(self.ref):
            sha = self.ref
        if sha is None:
            raise Refusal("ref" if self.ref else "empty")
        self.sha = sha
        if self.looks_only:
            raise Seen
        return [sha]

    def answer(self, peeled: dict[bytes, bytes]) -> dict[str, Any]:
        """The commit that was seen."""
        return {"commit": peeled.get(self.name, self.sha).decode()}


class Branches:
    """Finds the commits of several branches in one list; "" is the default branch. Tags and what is not there are left out."""

    def __init__(self, refs: list[str]) -> None:
        self.refs, self.commits = refs, dict[str, str]()

    def __call__(self, refs: dict[bytes, bytes | None], depth: int | None = None) -> list[bytes]:
        if len(refs) > limits.MAX_REFS:
            raise Refusal("refs")
        for ref in self.refs:
            if sha := refs.get(b"refs/heads/" + ref.encode() if ref else b"HEAD"):
                self.commits[ref] = sha.decode()
        raise Seen

    def answer(self, _peeled: dict[bytes, bytes]) -> dict[str, Any]:
        """What was seen."""
        return {"commits": self.commits}


def fetch(address: str, wanted: Wanted | Branches, named: list[str], folder: Path) -> dict[str, Any]:
    """The commit with its files, which are in `files.zip`, or what was only looked for; raises Refusal or AddressRefused."""
    parts = urlsplit(check_address(address, named))
    client = Client(f"{parts.scheme}://{parts.netloc}", pool_manager=guarded_pool(named), quiet=True)
    repository, received = Repo.init_bare(str(folder / "git"), mkdir=True), 0
    store = repository.object_store
    pack, commit, abort = store.add_pack()

    def write(piece: bytes) -> int:
        nonlocal received
        received += len(piece)
        if received > limits.MAX_PACK_BYTES:
            raise Refusal("bytes")
        return pack.write(piece)

    def ask(path: str) -> None:
        with limits.alarm_after(limits.ADVERTISEMENT_SECONDS, Refusal, "slow") as lift:

            def choose(refs: dict[bytes, bytes | None], depth: int | None = None) -> list[bytes]:
                lift()
                client.has_refs = True
                return wanted(refs, depth)

            client.fetch_pack(path, choose, repository.get_graph_walker(), write, depth=1)  # type: ignore[arg-type]

    try:
        try:
            ask(parts.path)
        except NotGitRepository:
            if parts.path.endswith(".git"):
                raise
            ask(f"{parts.path}.git")  # as many servers name it, while people copy the address of its page
    except Seen:
        abort()
        return wanted.answer(client.peeled)
    except BaseException:
        abort()
        raise
    commit()
    if not isinstance(wanted, Wanted):
        raise Refusal("ref")
    found: Any = store[wanted.sha]  # type: ignore[index]
    for _ in range(TAGS_DEEP):
        found = store[found.object[1]] if isinstance(found, Tag) else found
    if not isinstance(found, Commit):
        raise Refusal("ref")
    files, left_out = walk.write(store, found.tree, folder / "files.zip")
    return {"commit": found.id.decode(), "files": files, "left_out": left_out.as_json()}


def reason(error: BaseException) -> str:
    """One word for what went wrong; what a server said is not passed on."""
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, HTTPUnauthorized):
        return "private"
    if isinstance(error, NotGitRepository):
        return "none"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, urllib3.exceptions.HTTPError | GitProtocolError | HangupException | OSError):
        words = str(error)
        if "http resp 403" in words:
            return "private"
        if re.search("http resp 4(?:08|29)", words):  # too late, or too often: another time it will be there
            return "unavailable"
        return "none" if re.search("http resp 4[0-9][0-9]|not our ref", words) else "unavailable"
    return "broken"


def main() -> None:
    """Answer on standard output."""
    limits.lock_down()
    wish = json.load(sys.stdin)
    settings.configure(
        LANGUAGE_CODE=wish["language"], LOCALE_PATHS=[ROOT / "locale"]
    )  # for the guard's words, and nothing else of the portal
    apps.populate(())
    answer: dict[str, Any]
    try:
        wanted = Branches(wish["branches"]) if "branches" in wish else Wanted(wish["ref"], looks_only=bool(wish.get("looks_only")))
        answer = fetch(wish["address"], wanted, wish["named"], Path(wish["folder"]))
    except AddressRefused as refused:
        answer = {"refused": str(refused)}
    except Exception as error:  # noqa: BLE001 -- what a server sends breaks a client in many ways; each is a word of the answer
        answer = {"reason": reason(error)}
        print(repr(error)[:500], file=sys.stderr)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
