"""Make a repository of each analysis in demo/, and the examples; hashes are the same wherever and whenever they are made of the same files."""

from collections.abc import Callable, Mapping
from pathlib import Path

from devstack import address
from devstack.git import examples
from devstack.git.history import DAY, MADE_AT, MEMBER, Revision, write

DEMO = address.ROOT / "demo"
NEXT = "next"  # a branch of helloworld with a newer commit: `history.move(…, "main", NEXT)` lets main have it, as after a push


def sources() -> dict[str, Path]:
    """The analyses: folders with a specification."""
    return {folder.name: folder for folder in sorted(DEMO.iterdir()) if (folder / "reana.yaml").exists()}


def contents(folder: Path) -> dict[str, bytes]:
    """The files of one analysis by path, with the licence of the whole."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    return {**{str(file.relative_to(folder)): file.read_bytes() for file in files}, "LICENSE": (address.ROOT / "LICENSE").read_bytes()}


def helloworld(files: Mapping[str, bytes]) -> list[Revision]:
    """A history with tags and branches, made of what the analysis is in the end."""

    def without(*beginnings: str) -> dict[str, bytes]:
        return {path: content for path, content in files.items() if not path.startswith(beginnings)}

    def changed(path: str, old: bytes, new: bytes) -> dict[str, bytes]:
        return {path: files[path].replace(old, new)}

    newer = {
        **files,
        **changed("reana.yaml", b"sleeptime: 0\n", b"sleeptime: 1\n"),
        **changed("data/names.txt", b"Vera Rubin\n", b"Vera Rubin\nChien-Shiung Wu\n"),
    }
    whisper = {**files, **changed("code/helloworld.py", b"Hello {name}!", b"hello {name}")}
    return [
        Revision("Greet the names of a list", without("README", "reana-", "workflow/"), tags={"v0.1": ""}),
        Revision("Describe it for Snakemake and CWL", without("reana-yadage", "workflow/yadage"), MADE_AT + 3 * DAY, MEMBER, tags={"v1.0": "First release"}),
        Revision("Describe it for Yadage", files, MADE_AT + 10 * DAY, tags={"v1.1": "All four engines"}),
        Revision("Whisper", whisper, MADE_AT + 11 * DAY, MEMBER, branch="feature/whisper"),
        Revision("Greet one more", newer, MADE_AT + 20 * DAY, branch=NEXT),
    ]  # fmt: skip


HISTORIES: dict[str, Callable[[Mapping[str, bytes]], list[Revision]]] = {"helloworld": helloworld}


def make(target: Path, files: Mapping[str, bytes]) -> str:
    """A bare repository with one commit of these files at the folder, in place of what is there; returns the commit."""
    return write(target, [Revision("Add the analysis", files)])


def make_all(root: Path) -> dict[str, str]:
    """All repositories of the demonstration below a folder, and the examples; the commit of each by name."""
    found = {}
    for name, folder in sources().items():
        target, files = root / f"{name}.git", contents(folder)
        found[target.name] = write(target, HISTORIES[name](files)) if name in HISTORIES else make(target, files)
    return {**found, **examples.write_all(root, inside_submodule=found["helloworld.git"])}
