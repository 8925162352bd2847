"""The addresses of repositories as people copy them."""

import pytest

from vre_portal.address_guard import AddressRefused
from vre_portal.repositories.addresses import file_in, normalised


@pytest.mark.parametrize(
    ("text", "ref", "wanted"),
    [
        ("https://github.com/gammapy/gammapy", "", ("https://github.com/gammapy/gammapy", "")),
        ("  https://github.com/gammapy/gammapy.git/ ", "", ("https://github.com/gammapy/gammapy.git", "")),
        ("git@github.com:gammapy/gammapy.git", "v1", ("https://github.com/gammapy/gammapy.git", "v1")),
        ("ssh://git@gitlab.in2p3.fr/escape/code.git", "", ("https://gitlab.in2p3.fr/escape/code.git", "")),
        ("https://github.com/gammapy/gammapy/tree/v1.x", "", ("https://github.com/gammapy/gammapy", "v1.x")),
        ("https://gitlab.com/a/b/c/-/blob/main/README.md?ref=1#L3", "", ("https://gitlab.com/a/b/c", "main")),
        ("https://gitlab.com/a/b/-/tree/main", "dev", ("https://gitlab.com/a/b", "dev")),
        ("github.com/gammapy/gammapy", "", ("https://github.com/gammapy/gammapy", "")),
        ("git clone https://github.com/gammapy/gammapy.git", "", ("https://github.com/gammapy/gammapy.git", "")),
        ("git@github.com:2023/data", "", ("https://github.com/2023/data", "")),
        ("ssh://git@gitlab.cern.ch:7999/atlas/code.git", "", ("https://gitlab.cern.ch/atlas/code.git", "")),
        ("https://github.com/a/b/releases/tag/v1.0", "", ("https://github.com/a/b", "v1.0")),
        ("https://github.com/a/b/pull/3/files", "dev", ("https://github.com/a/b", "dev")),
        ("https://github.com/a/b/issues", "", ("https://github.com/a/b", "")),
        ("https://gitlab.com/a/b/-/merge_requests", "", ("https://gitlab.com/a/b", "")),
        ("https://gitlab.com/a/b/-/tree/feature%2Fone", "", ("https://gitlab.com/a/b", "feature/one")),
        ("https://codeberg.org/a/b/src/branch/main/x.py", "", ("https://codeberg.org/a/b", "main")),
        ("https://bitbucket.org/a/b/src/main/", "", ("https://bitbucket.org/a/b", "main")),
        ("https://raw.githubusercontent.com/a/b/refs/heads/main/reana.yaml", "", ("https://github.com/a/b", "main")),
        ("https://github.com/a/b/raw/refs/heads/main/reana.yaml", "", ("https://github.com/a/b", "main")),
        ("https://github.com/a/b/archive/refs/tags/v1.0.tar.gz", "", ("https://github.com/a/b", "v1.0")),
        (
            "https://github.com/a/b/archive/0123456789abcdef0123456789abcdef01234567.zip",
            "",
            ("https://github.com/a/b", "0123456789abcdef0123456789abcdef01234567"),
        ),
        ("https://gitlab.com/a/b/c/-/archive/main/c-main.zip?path=code", "", ("https://gitlab.com/a/b/c", "main")),
        ("https://gitlab.com/group/src/code", "", ("https://gitlab.com/group/src/code", "")),
        ("https://gitlab.com/tree/main/code", "", ("https://gitlab.com/tree/main/code", "")),
    ],
)
def test_an_address_is_brought_into_one_form(text: str, ref: str, wanted: tuple[str, str]) -> None:
    assert normalised(text, ref) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gammapy",
        "git@127.0.0.1:a/b.git",
        "git@localhost:a/b",
        "ssh://root@github.com/a/b",
        "https://u:p@github.com/a",
        "https://github.com/a/b/tree/a%00b",
        f"https://github.com/a/b/tree/{'x' * 201}",
        "https://raw.githubusercontent.com/a/b",
    ],
)
def test_what_is_no_public_address_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        normalised(text)


@pytest.mark.parametrize(
    "path", ["a/b/pull/3", "a/b/pull/3/files", "a/b/-/merge_requests/12", "a/b/c/-/merge_requests/12/diffs", "a/b/pull-requests/7"]
)
def test_a_pull_request_is_not_taken_for_its_repository(path: str) -> None:
    with pytest.raises(AddressRefused, match="pull request"):
        normalised(f"https://git.example.org/{path}")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("https://raw.githubusercontent.com/a/b/main/sub/reana.yaml", "sub/reana.yaml"),
        ("https://github.com/a/b/blob/refs/heads/main/sub/reana.yaml", "sub/reana.yaml"),
        ("https://github.com/a/b/archive/main.zip", ""),
        ("https://raw.githubusercontent.com/a/b", ""),
    ],
)
def test_the_address_of_a_file_names_the_file(text: str, path: str) -> None:
    assert file_in(text) == path
