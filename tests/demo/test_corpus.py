"""The table of public specifications says truly what a specification needs or lacks."""

from pathlib import Path

import pytest

from benchmarks import corpus
from devstack.git import examples
from devstack.git.history import Content, Link, Submodule
from tests.demo.steps import DEMO


def look(folder: Path, path: str = "reana.yaml", files: dict[str, Content] | None = None) -> corpus.Row:
    """The row of one specification of a repository with these files."""
    for name, content in (files or {}).items():
        target = folder / "a" / "b" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            target.symlink_to(content.target)
        elif not isinstance(content, Submodule):
            target.write_bytes(content)
    return corpus.look(corpus.Row("a/b", path, ""), folder)


@pytest.mark.parametrize(
    ("files", "path", "kinds"),
    [
        (examples.subfolders(), "reana.yaml", set()),
        (examples.subfolders(), "analyses/letters/reana.yaml", set()),
        (examples.subfolders(), "analyses/words/reana.yml", {corpus.ROOT}),
        (examples.subfolders(), "analyses/unfinished/reana.yaml", {corpus.MALFORMED}),
        (examples.subfolders(), "nothing.yaml", {corpus.MALFORMED}),
        (examples.large_file_storage(), "reana.yaml", {corpus.LFS}),
        (examples.binaries(), "reana.yaml", {corpus.BINARY}),
        (examples.links(), "reana.yaml", {corpus.LINK}),
        (examples.submodule("1" * 40), "reana.yaml", {corpus.ABSENT}),
        ({"reana.yaml": examples.specification(["data"], "ls", "all.txt"), "data/a.txt": b"a"}, "reana.yaml", {corpus.FOLDER}),
        ({"reana.yaml": examples.specification(["../a.txt"], "ls", "all.txt")}, "reana.yaml", {corpus.OUTSIDE}),
        ({"reana.yaml": b"workflow: {type: cwl, file: no.cwl}\n"}, "reana.yaml", {corpus.NO_WORKFLOW}),
    ],
)
def test_each_kind_is_told(tmp_path: Path, files: dict[str, Content], path: str, kinds: set[str]) -> None:
    found = look(tmp_path, path, files).kinds.keys() - {corpus.CHECK, corpus.UNSEEN}
    assert found == kinds


def test_what_only_a_content_file_cannot_bring_in_is_no_reason_for_a_git_address(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(DEMO / "helloworld")
    row = corpus.look(corpus.Row("a/b", "reana-snakemake.yaml", ""), tmp_path)
    assert row.kinds.keys() - {corpus.UNSEEN} == {corpus.DIRECTORIES, corpus.PARAMETERS}
    assert (row.is_launchable(by_operator=True), row.is_launchable(by_operator=False)) == (False, True)
