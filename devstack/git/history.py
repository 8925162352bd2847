"""Write a history of commits into a bare repository; the same history has the same hashes wherever and whenever it is written."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import HEADREF, Ref
from dulwich.repo import Repo

LEAD, MEMBER = "Lena Lead <lead@vre.example>", "Milo Member <member@vre.example>"
MADE_AT = 1_764_547_200  # 1 December 2025
DAY = 86_400
MAIN = "main"


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """Another repository at one of its commits."""

    commit: str


Content = bytes | Link | Submodule


@dataclass(frozen=True)
class Revision:
    """One commit. A branch that is new begins at the newest commit of main; a tag with a text is an annotated one."""

    message: str
    files: Mapping[str, Content]
    at: int = MADE_AT
    author: str = LEAD
    branch: str = MAIN
    tags: Mapping[str, str] = field(default_factory=dict)


def branch_ref(name: str) -> Ref:
    """The full name of a branch."""
    return Ref(f"refs/heads/{name}".encode())


def write(target: Path, revisions: Sequence[Revision], *, compression: int = -1) -> str:
    """A bare repository of these commits at the folder, in place of what is there; returns the newest commit of main. The level of compression is zlib's."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with Repo.init_bare(str(target), mkdir=True) as repository:
        repository.object_store.loose_compression_level = compression
        for revision in revisions:
            _add(repository, revision)
        repository.refs.set_symbolic_ref(HEADREF, branch_ref(MAIN))
        return repository.head().decode()


def move(target: Path, branch: str, to: str) -> str:
    """Let a branch name the commit of another one, as after a push; returns the commit."""
    with Repo(str(target)) as repository:
        repository.refs[branch_ref(branch)] = commit = repository.refs[branch_ref(to)]
        return commit.decode()


def _add(repository: Repo, revision: Revision) -> None:
    store, refs = repository.object_store, repository.refs
    commit: Any = Commit()
    commit.tree = _tree(repository, revision.files)
    before = next((refs[name] for name in (branch_ref(revision.branch), branch_ref(MAIN)) if name in refs), None)
    commit.parents = [before] if before else []
    commit.author = commit.committer = revision.author.encode()
    commit.author_time = commit.commit_time = revision.at
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding, commit.message = b"UTF-8", f"{revision.message}\n".encode()
    store.add_object(commit)
    refs[branch_ref(revision.branch)] = commit.id
    for name, text in revision.tags.items():
        refs[Ref(f"refs/tags/{name}".encode())] = _tag(repository, commit, name, text) if text else commit.id


def _tag(repository: Repo, commit: Commit, name: str, text: str) -> ObjectID:
    tag: Any = Tag()
    tag.object, tag.name, tag.message = (Commit, commit.id), name.encode(), f"{text}\n".encode()
    tag.tagger, tag.tag_time, tag.tag_timezone = commit.author, commit.author_time, 0
    repository.object_store.add_object(tag)
    return ObjectID(tag.id)


def _tree(repository: Repo, files: Mapping[str, Content]) -> ObjectID:
    """The tree of these files, written with all that is below it."""
    tree, folders = Tree(), dict[str, dict[str, Content]]()
    for path, content in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = content
        elif isinstance(content, Submodule):
            tree.add(name.encode(), 0o160000, ObjectID(content.commit.encode()))
        else:
            blob = Blob.from_string(content.target.encode() if isinstance(content, Link) else content)
            repository.object_store.add_object(blob)
            tree.add(name.encode(), 0o120000 if isinstance(content, Link) else 0o100644, blob.id)
    for name, inside in folders.items():
        tree.add(name.encode(), 0o040000, _tree(repository, inside))
    repository.object_store.add_object(tree)
    return tree.id
