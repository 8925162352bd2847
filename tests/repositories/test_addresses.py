"""The addresses of repositories as people copy them."""

import pytest

from vre_portal.address_guard import AddressRefused
from vre_portal.repositories.addresses import normalised


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
    ],
)
def test_an_address_is_brought_into_one_form(text: str, ref: str, wanted: tuple[str, str]) -> None:
    assert normalised(text, ref) == wanted


@pytest.mark.parametrize(
    "text", ["", "gammapy", "git@127.0.0.1:a/b.git", "git@localhost:a/b", "ssh://root@github.com/a/b", "https://u:p@github.com/a"]
)
def test_what_is_no_public_address_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        normalised(text)
