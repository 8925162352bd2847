"""Make a repository of each analysis in demo/: one commit, with the same hash wherever and whenever it is made of the same files."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dulwich.objects import Blob, Commit, Tree
from dulwich.repo import Repo

from devstack import address

DEMO = address.ROOT / "demo"
AUTHOR = b"Lena Lead <lead@vre.example>"
MADE_AT = 1_764_547_200  # 1 December 2025
BRANCH = b"refs/heads/main"


def sources() -> dict[str, Path]:
    """The analyses: folders with a specification."""
    return {folder.name: folder for folder in sorted(DEMO.iterdir()) if (folder / "reana.yaml").exists()}


def contents(folder: Path) -> dict[str, bytes]:
    """The files of one analysis by path, with the licence of the whole."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    return {**{str(file.relative_to(folder)): file.read_bytes() for file in files}, "LICENSE": (address.ROOT / "LICENSE").read_bytes()}


def _tree(repository: Repo, files: Mapping[str, bytes]) -> bytes:
    """The tree of these files, written with all that is below it."""
    tree, folders = Tree(), dict[str, dict[str, bytes]]()
    for path, content in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = content
        else:
            blob = Blob.from_string(content)
            repository.object_store.add_object(blob)
            tree.add(name.encode(), 0o100644, blob.id)
    for name, inside in folders.items():
        tree.add(name.encode(), 0o040000, _tree(repository, inside))  # type: ignore[arg-type]
    repository.object_store.add_object(tree)
    return tree.id


def make(target: Path, files: Mapping[str, bytes]) -> str:
    """A bare repository of these files at the folder, in place of what is there; returns the commit."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    repository = Repo.init_bare(str(target), mkdir=True)
    commit: Any = Commit()
    commit.tree, commit.author, commit.committer = _tree(repository, files), AUTHOR, AUTHOR
    commit.author_time = commit.commit_time = MADE_AT
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding, commit.message = b"UTF-8", b"Add the analysis\n"
    repository.object_store.add_object(commit)
    repository.refs[BRANCH] = commit.id  # type: ignore[index]
    repository.refs.set_symbolic_ref(b"HEAD", BRANCH)  # type: ignore[arg-type]
    repository.close()
    return str(commit.id.decode())


def make_all(root: Path) -> dict[str, str]:
    """All repositories of the demonstration below a folder; the commit of each by name."""
    return {f"{name}.git": make(root / f"{name}.git", contents(folder)) for name, folder in sources().items()}
