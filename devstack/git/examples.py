"""Small repositories that each have one thing which a reader of repositories has to cope with, and one that is too large for it."""

import hashlib
import io
import shutil
import struct
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path

from devstack.git.history import DAY, MADE_AT, MEMBER, Content, Link, Revision, Submodule, write

IMAGE = "docker.io/library/python:3.13-slim"
HOLDS_NUMPY = "ghcr.io/vre-demo/plotting:1.0"
LARGE_FILES, LARGE_BYTES = 28, 4 * 1024 * 1024  # together above the 100 MB that the portal fetches, each below its 5 MB for one file
_writing = threading.Lock()


def specification(files: list[str], command: str, output: str, *, image: str = IMAGE) -> bytes:
    """A reana.yaml with one step."""
    names = "".join(f"\n    - {name}" for name in files)
    return (
        f"version: 0.9.4\ninputs:\n  files:{names}\nworkflow:\n  type: serial\n  specification:\n    steps:\n"
        f"      - name: show\n        environment: {image}\n        commands:\n          - {command}\n"
        f"outputs:\n  files:\n    - {output}\n"
    ).encode()


def subfolders() -> dict[str, Content]:
    """Several specifications: one names its files from the repository's root, the others from their own folder; one is broken."""
    count = b'import sys\n\nwith open(sys.argv[1]) as file:\n    print(len(file.read().split()), "words")\n'
    return {
        "README.md": b"# Several analyses in one repository\n\n`analyses/letters` names its files from its own folder, `analyses/words` from the root.\n",
        "reana.yaml": specification(["tools/count.py", "texts/long.txt"], "python tools/count.py texts/long.txt > total.txt", "total.txt"),
        "reana-short.yaml": specification(["tools/count.py", "texts/short.txt"], "python tools/count.py texts/short.txt > total.txt", "total.txt"),
        "analyses/words/reana.yml": specification(
            ["tools/count.py", "texts/short.txt"], "python tools/count.py texts/short.txt > words.txt", "words.txt"
        ),
        "analyses/letters/reana.yaml": specification(["letters.py"], "python letters.py > letters.txt", "letters.txt"),
        "analyses/letters/letters.py": b'print(sorted(set("neutrino")))\n',
        "analyses/unfinished/reana.yaml": b"version: 0.9.4\nworkflow: [\n",
        "tools/count.py": count,
        "texts/short.txt": b"a short text\n",
        "texts/long.txt": b"a text of many words\n" * 50,
    }  # fmt: skip


def large_file_storage() -> dict[str, Content]:
    """Git LFS: the repository has pointers in place of the files."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'3b' * 32}\nsize 73400320\n".encode()
    return {
        "README.md": b"# Events in Git LFS\n\nThe files below `data` are kept in Git LFS: a clone without it has pointers.\n",
        ".gitattributes": b"data/*.npz filter=lfs diff=lfs merge=lfs -text\n",
        "reana.yaml": specification(["code/show.py", "data/events.npz"], "python code/show.py data/events.npz > shape.txt", "shape.txt"),
        "code/show.py": b"import sys\n\nprint(open(sys.argv[1], 'rb').read(2) == b'PK')\n",
        "data/events.npz": pointer,
    }


def array(values: list[float]) -> bytes:
    """The numbers as NumPy's format .npz, without NumPy."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header = header.ljust((len(header) + 11 + 63) // 64 * 64 - 11) + "\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}d", *values)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("energy.npy"), content)  # with the date of 1980, and not of today
    return buffer.getvalue()


def binaries() -> dict[str, Content]:
    """Files that are no text."""
    return {
        "README.md": b"# Numbers in NumPy's format\n",
        "reana.yaml": specification(
            ["code/mean.py", "data/energies.npz"],
            "mkdir -p results && python code/mean.py > results/mean.json",
            "results/mean.json",
            image=HOLDS_NUMPY,
        ),
        "code/mean.py": (
            b"import json\n\nimport numpy\n\n"
            b"energy = numpy.load('data/energies.npz')['energy']\n"
            b"print(json.dumps({'headline': {'mean energy [GeV]': energy.mean(), 'events': energy.size}}))\n"
        ),
        "data/energies.npz": array([1.5, 2.5, 3.5, 4.5]),
        "data/zeros.bin": bytes(range(256)),
    }


def links() -> dict[str, Content]:
    """Symbolic links: one inside the repository, two that lead out of it."""
    return {
        "README.md": b"# Links\n",
        "reana.yaml": specification(["data/inside.txt", "data/passwords.txt", "data/above.txt"], "cat data/*.txt > all.txt", "all.txt"),
        "data/real.txt": b"one\n",
        "data/inside.txt": Link("real.txt"),
        "data/passwords.txt": Link("/etc/passwd"),
        "data/above.txt": Link("../../../secrets"),
    }


def submodule(commit: str) -> dict[str, Content]:
    """A part that stands in another repository, at one of its commits."""
    return {
        "README.md": b"# Greetings, with the code of another repository\n",
        ".gitmodules": b'[submodule "hello"]\n\tpath = hello\n\turl = ../helloworld.git\n',
        "reana.yaml": specification(["hello/code/helloworld.py", "names.txt"], "python hello/code/helloworld.py", "results/greetings.txt"),
        "names.txt": b"Ada Lovelace\n",
        "hello": Submodule(commit),
    }


def write_all(root: Path, *, inside_submodule: str) -> dict[str, str]:
    """All of them below a folder, but for the large one; the commit of each by name."""
    found: Mapping[str, dict[str, Content]] = {
        "several-specifications.git": subfolders(),
        "lfs.git": large_file_storage(),
        "binaries.git": binaries(),
        "links.git": links(),
        "submodule.git": submodule(inside_submodule),
    }
    return {name: write(root / name, [Revision("Add the analysis", files)]) for name, files in found.items()}


def write_large(target: Path) -> None:
    """A repository above what the portal fetches, unless it is there: 112 MB that cannot be compressed."""
    with _writing:
        if target.exists():
            return
        files: dict[str, Content] = {f"data/{n:02}.bin": hashlib.shake_128(bytes([n])).digest(LARGE_BYTES) for n in range(LARGE_FILES)}
        files["reana.yaml"] = specification(["data/00.bin"], "ls data", "all.txt")
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            write(Path(folder) / "made", [Revision("Add the data", files, MADE_AT + DAY, MEMBER)], compression=0)
            shutil.move(Path(folder) / "made", target)


ON_DEMAND = {"large.git": write_large}
