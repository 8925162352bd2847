"""Version 2 of git's protocol, as the large hosts speak it: the references alone, and any commit that is there, by its hash."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from dulwich.object_store import find_shallow
from dulwich.objects import Commit, ObjectID, Tag
from dulwich.pack import write_pack_data
from dulwich.protocol import pkt_line
from dulwich.refs import HEADREF
from dulwich.repo import Repo

FLUSH, DELIMITER = b"0000", b"0001"
BAND_DATA, BAND_BYTES = b"\x01", 65_000  # of a packet of the band that carries the pack
CAPABILITIES = (b"version 2", b"agent=demonstration", b"ls-refs=unborn", b"fetch=shallow", b"object-format=sha1")
SHA = re.compile(rb"[0-9a-f]{40}")
MAX_TAGS_DEEP = 5


@dataclass
class Request:
    """A command with its arguments, by the word that each begins with."""

    command: bytes = b""
    arguments: dict[bytes, list[bytes]] = field(default_factory=dict)

    def values(self, name: bytes) -> list[bytes]:
        return self.arguments.get(name, [])


def advertisement() -> bytes:
    """What the server can do; the references are asked for apart."""
    lines = b"".join(pkt_line(line + b"\n") for line in CAPABILITIES)
    return pkt_line(b"# service=git-upload-pack\n") + FLUSH + lines + FLUSH


def read(stream: Callable[[int], bytes]) -> Request:
    """The request of a client; ValueError where it is none."""
    request = Request()
    while head := stream(4):
        length = int(head, 16)
        if length == 0:
            break
        if length == 1:
            continue
        if length < 4:
            raise ValueError(head)
        line = stream(length - 4).rstrip(b"\n")
        name, _, value = line.partition(b"=" if line.startswith(b"command=") else b" ")
        if name == b"command":
            request.command = value
        else:
            request.arguments.setdefault(name, []).append(value)
    return request


def answer(repository: Repo, request: Request) -> Iterator[bytes]:
    """The answer to a command; ValueError for one that is not known."""
    if request.command == b"ls-refs":
        return _references(repository, request)
    if request.command == b"fetch":
        hashes = [value for name in (b"want", b"have", b"shallow") for value in request.values(name)]
        if not all(SHA.fullmatch(value) for value in hashes) or not all(value.isdigit() for value in request.values(b"deepen")):
            raise ValueError(request.arguments)
        return _fetch(repository, request)
    raise ValueError(request.command)


def _references(repository: Repo, request: Request) -> Iterator[bytes]:
    prefixes = tuple(request.values(b"ref-prefix"))
    symbolic = repository.refs.get_symrefs()
    for name, commit in sorted(repository.get_refs().items()):
        if prefixes and not name.startswith(prefixes):
            continue
        line = commit + b" " + name
        if b"symrefs" in request.arguments and name in symbolic:
            line += b" symref-target:" + symbolic[name]
        peeled = _peeled(repository, commit)
        if b"peel" in request.arguments and peeled != commit:
            line += b" peeled:" + peeled
        yield pkt_line(line + b"\n")
    if b"unborn" in request.arguments and HEADREF not in repository.get_refs() and HEADREF in symbolic:
        yield pkt_line(b"unborn HEAD symref-target:" + symbolic[HEADREF] + b"\n")
    yield FLUSH


def _peeled(repository: Repo, name: ObjectID) -> ObjectID:
    """The commit that a tag names at last."""
    for _ in range(MAX_TAGS_DEEP):
        found: Any = repository.object_store[name]
        if not isinstance(found, Tag):
            break
        name = found.object[1]
    return name


def _fetch(repository: Repo, request: Request) -> Iterator[bytes]:
    """The objects that the client lacks. What it has in common with us is told once; a client that is not done then asks again."""
    store = repository.object_store
    wants = [ObjectID(value) for value in request.values(b"want")]
    if missing := next((want for want in wants if want not in store), None):
        yield pkt_line(b"ERR upload-pack: not our ref " + missing + b"\n")
        return
    depths, known = request.values(b"deepen"), {ObjectID(value) for value in request.values(b"shallow")}
    # What a client has of a history that was cut is not complete: where the cut moves, all is sent again.
    common = [] if depths else [ObjectID(value) for value in request.values(b"have") if ObjectID(value) in store]
    if b"done" not in request.arguments:
        yield pkt_line(b"acknowledgments\n")
        yield b"".join(pkt_line(b"ACK " + value + b"\n") for value in common) or pkt_line(b"NAK\n")
        if not common and not depths:
            yield FLUSH
            return
        yield pkt_line(b"ready\n") + DELIMITER
    shallow: set[ObjectID] = set()
    if depths:
        heads = [head for want in wants if isinstance(store[head := _peeled(repository, want)], Commit)]
        shallow, inside = find_shallow(store, heads, int(depths[0]))
        yield pkt_line(b"shallow-info\n")
        yield from (pkt_line(b"shallow " + value + b"\n") for value in sorted(shallow - known))
        yield from (pkt_line(b"unshallow " + value + b"\n") for value in sorted((inside - shallow) & known))
        yield DELIMITER
    yield pkt_line(b"packfile\n")
    yield from _pack(repository, wants, common, shallow)
    yield FLUSH


def _pack(repository: Repo, wants: Iterable[ObjectID], common: Iterable[ObjectID], shallow: set[ObjectID]) -> Iterator[bytes]:
    pack = BytesIO()
    number, records = repository.object_store.generate_pack_data(common, wants, shallow=shallow)
    write_pack_data(
        pack.write, records, repository.object_format, num_records=number, compression_level=0
    )  # it goes no further than this machine
    pack.seek(0)
    while piece := pack.read(BAND_BYTES):
        yield pkt_line(BAND_DATA + piece)
