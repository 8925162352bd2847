"""What the files of real repositories look like, and what is offered of them."""

import json
from time import process_time, thread_time
from types import SimpleNamespace
from typing import Any

import pytest

from vre_portal.repositories import readme
from vre_portal.repositories.description import describe
from vre_portal.repositories.models import RepositoryFile

RST = """\
.. image:: https://git.example.org/badges/pipeline.svg
    :target: https://git.example.org/pipelines

|

.. |docs| image:: https://img.example.org/docs.svg

==================
 skytools |docs|
==================

Tools for the `sky <https://sky.example.org>`__ and for Astropy_, with ``fits.open`` and |docs|.

See the `online
manual <https://docs.example.org>`_ for more.

.. _Astropy: https://www.astropy.org

Installation
------------

Install it::

    pip install skytools

.. code-block:: python

    import skytools

* .. image:: https://img.example.org/ci.svg
    :target: https://ci.example.org
* One more.

.. note:: Needs :math:`x^2` and :func:`sky.map`.
"""
MARKDOWN = """\
<!-- made by a template -->
<p align="center">
  <img width="60%" src="docs/logo.png">
</p>

[![build](https://img.example.org/a.svg)](https://ci.example.org/) [![doi][badge]][address]

[badge]: https://img.example.org/doi.svg
[address]: https://doi.org/10.5281/zenodo.1

<h1 align="center">Sky tools</h1>

[[Manual]](https://docs.example.org)

[Sky tools](https://sky.example.org) draws **maps** of the [sky][address], see <a href="https://docs.example.org">the manual</a>.

```html
<p>code stays</p>
```
"""


def offered(files: dict[str, bytes], address: str = "https://git.example.org/group/sky-maps.git") -> tuple[dict[str, Any], list[str]]:
    """The first offer for each field, and the notes."""
    snapshot: Any = SimpleNamespace(
        files=lambda: [RepositoryFile(path, len(content)) for path, content in files.items()], read=files.__getitem__, address=address
    )
    offers, notes = describe(snapshot)
    first: dict[str, Any] = {}
    for offer in offers:
        first.setdefault(offer["field"], offer["value"])
    return first, notes


def test_a_readme_in_restructured_text_is_offered_as_markdown() -> None:
    told, notes = offered({"README.rst": RST.encode()})
    assert (told["title"], told["summary"], notes) == ("skytools", "Tools for the sky and for Astropy, with fits.open and .", [])
    text = told["description"]
    assert "[sky](https://sky.example.org)" in text
    assert "[Astropy](https://www.astropy.org)" in text
    assert "`fits.open`" in text
    assert "[online manual](https://docs.example.org)" in text
    assert "## Installation" in text
    assert "Install it:\n\n```\npip install skytools\n```" in text
    assert "```python\nimport skytools\n```" in text
    assert "Needs $x^2$ and `sky.map`." in text
    assert "image::" not in text
    assert "|docs|" not in text
    assert "---" not in text
    assert ".. " not in text


def test_badges_and_html_of_a_readme_are_not_offered() -> None:
    told, _ = offered({"README.md": MARKDOWN.encode()})
    assert told["title"] == "Sky tools"
    assert told["summary"] == "Sky tools draws maps of the sky, see the manual."
    assert "[the manual](https://docs.example.org)" in told["description"]
    assert "<p>code stays</p>" in told["description"]
    assert all(word not in told["description"] for word in ("<img", "align", "build", "template", "<h1"))


@pytest.mark.parametrize("text", ["# Café\n\nDonnées.\n", "# Café\r\n\r\nDonnées.\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_readme_is_read_in_the_encoding_it_has(text: str, encoding: str) -> None:
    told, _ = offered({"README.md": text.encode(encoding)})
    assert (told["title"], told["summary"]) == ("Café", "Données.")


def test_a_repository_that_says_nothing_gives_its_name_as_title() -> None:
    assert offered({"a.py": b"x"}) == ({"title": "sky-maps"}, [])


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("https://spdx.org/licenses/BSD-3-Clause.html", "BSD-3-Clause"),
        ({"@id": "https://spdx.org/licenses/BSD-3-Clause"}, "BSD-3-Clause"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("apache-2.0", "Apache-2.0"),
        (["MIT", "Apache-2.0"], "MIT OR Apache-2.0"),
        ({"@type": "CreativeWork", "name": "MIT"}, "MIT"),
        ("All rights reserved", None),
        ("see LICENSE", None),
        ("proprietary", None),
    ],
)
def test_a_licence_is_offered_as_spdx_writes_it_or_not_at_all(written: Any, expression: str | None) -> None:
    assert offered({"codemeta.json": json.dumps({"license": written}).encode()})[0].get("licence") == expression


def test_json_ld_in_its_longer_forms_is_read() -> None:
    facts = {
        "@context": "https://w3id.org/codemeta/3.0",
        "type": "SoftwareSourceCode",
        "name": {"@value": "Sky", "@language": "en"},
        "description": ["First.", "Second."],
        "keywords": ["a", {"@value": "b"}, {"@type": "DefinedTerm", "@id": "https://example.org/c", "name": "c"}, "d, e; f"],
        "url": " https://sky.example.org/ ",
        "maintainer": {"@type": "Person", "givenName": "Ann", "familyName": "O'Brien", "email": "ann@example.org"},
    }
    told, _ = offered({"codemeta.json": b"\xef\xbb\xbf" + json.dumps(facts).encode()})
    assert told == {
        "title": "Sky",
        "summary": "First.",
        "keywords": ["a", "b", "c", "d", "e", "f"],
        "website": "https://sky.example.org/",
        "contact": "Ann O'Brien <ann@example.org>",
    }
    assert offered({"codemeta.json": json.dumps({"@graph": [{"@type": "Person", "name": "X"}, facts]}).encode()})[0] == told


def test_a_website_with_a_secret_in_its_address_is_not_offered() -> None:
    assert "website" not in offered({"codemeta.json": b'{"url": "https://example.org/?token=abc"}'})[0]


def test_the_contact_of_a_citation_file_is_offered() -> None:
    text = "cff-version: 1.2.0\ntitle: Sky\ncontact:\n- family-names: Doe\n  given-names: Jo\n  email: jo@example.org\n"
    assert offered({"CITATION.cff": text.encode()})[0]["contact"] == "Jo Doe <jo@example.org>"
    assert "contact" not in offered({"CITATION.cff": text.replace("jo@", "").encode()})[0]


def test_a_gnu_licence_leaves_the_choice_of_later_versions() -> None:
    text = b"GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n"
    told, notes = offered({"COPYING.txt": text})
    assert "licence" not in told
    assert len(notes) == 1
    assert "GPL-3.0-only or GPL-3.0-or-later" in notes[0]
    told, notes = offered({"COPYING": text, "codemeta.json": b'{"license": "GPL-3.0-or-later"}'})
    assert (told["licence"], notes) == ("GPL-3.0-or-later", [])


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 60000,
        "[![" * 80000,
        "<h1 " * 60000,
        "`" * 250000,
        "=====\n" * 40000,
        "`a <" * 60000,
        "`a\n" * 80000,
        "|a" * 120000,
        "1\n\n" * 80000,
        "".join(f"{' ' * depth}.. note::\n" for depth in range(700)),
        "a_ " * 80000,
        ":a:`" * 60000,
        "<a href='" * 28000,
    ],
)
@pytest.mark.parametrize("name", ["README.md", "README.rst"])
def test_a_hostile_readme_is_read_in_little_time(text: str, name: str) -> None:
    begin = process_time()
    offered({name: text[: 256 * 1024].encode()})
    assert process_time() - begin < 4


HOSTILE_TEXTS = {
    "lines of marks": "=\n",
    "directives": ".. a::\n",
    "blank lines": "\n",
    "stars": "**a",
    "literals": "::\n\n  a\n",
    "literals without text": "a::\n",
    "tabs": "\t",
    "backquotes after a letter": "a" + "`" * 300_000,
    "a link over a line of spaces": "`a\n" + " " * 2000,
    "a link of spaces": "`a" + " " * 2000,
    "brackets": "[a](",
    "boxes in boxes": "".join(f"{'   ' * depth}.. note:: a\n" for depth in range(400)),
    "quotes": f"{'> ' * 30}\n",
    "tags": "<a " + "href='https://a' " * 30,
    "tables": "=== ===\n",
}
HOSTILE_FACTS = {
    "codemeta.json": {
        "brackets": "[" * 262_000,
        "a number": "1" * 262_000,
        "keywords": json.dumps({"keywords": ["a"] * 50_000}),
        "keywords in one text": json.dumps({"keywords": "a," * 130_000}),
        "licences": json.dumps({"license": ["MIT"] * 35_000}),
        "a licence of brackets": json.dumps({"license": "(" * 260_000}),
        "licences that differ": json.dumps({"license": [f"LicenseRef-{n}" for n in range(12_000)]}),
        "a graph": json.dumps({"@graph": [{"name": ""}] * 18_000}),
        "a graph of deep types": '{"@graph": [{"name": "", "@type": ' + "[" * 900 + "]" * 900 + "}" + ', {"name": ""}' * 10_000 + "]}",
        "an address of e-mail": json.dumps({"maintainer": {"email": "a@a." * 60_000}}),
        "names": '{"name": "' + "a " * 130_000 + '"}',
    },
    "CITATION.cff": {
        "brackets": "[" * 190_000,
        "braces": "{a: " * 49_000,
        "dashes": "- " * 98_000,
        "anchors": "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" if n else "- &a0 x\n" for n in range(6_000)),
        "a long line": "a: " + "b " * 95_000,
        "a long key": "a" * 190_000 + ": b",
        "numbers of base 60": "".join(f"- {'1:' * 49}1\n" for _ in range(1_900)),
        "documents": "---\n" * 49_000,
    },
    "LICENSE": {"spaces": " " * 262_000, "words": "apache license " * 17_000},
}


def cpu_seconds(files: dict[str, bytes]) -> float:
    """Of this thread, after one reading that loads what is loaded once."""
    offered(dict.fromkeys(files, b""))
    begin = thread_time()
    offered(files)
    return thread_time() - begin


@pytest.mark.parametrize("name", ["README.md", "README.rst"])
@pytest.mark.parametrize("kind", HOSTILE_TEXTS)
def test_a_readme_of_one_piece_repeated_takes_little_of_the_processor(name: str, kind: str) -> None:
    piece = HOSTILE_TEXTS[kind]
    text = (piece * (256 * 1024 // len(piece) + 1))[: 256 * 1024]
    assert cpu_seconds({name: text.encode()}) < 2


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in HOSTILE_FACTS.items() for kind in kinds])
def test_a_file_of_facts_made_to_be_slow_takes_little_of_the_processor(name: str, kind: str) -> None:
    content = HOSTILE_FACTS[name][kind].encode()
    assert len(content) <= 256 * 1024
    assert cpu_seconds({name: content}) < 2


def test_a_specification_made_to_be_slow_takes_little_of_the_processor() -> None:
    pieces = ("[", "- &a b\n- *a\n", f"- {'1:' * 49}1\n", "a" * 1000)
    files = {f"reana-{place}.yaml": (piece * 190_000)[:190_000].encode() for place, piece in enumerate(pieces)}
    assert cpu_seconds(files) < 2


@pytest.mark.parametrize("name", ["README.md", "README.rst"])
@pytest.mark.parametrize(
    ("paragraph", "separator"),
    [("word " * 100, "\n\n"), ("word\n" * 20 + "end", "\n\n"), ("![a](https://img.example.org/a.svg)" * 50 + "b", "\n\n")],
)
def test_a_long_readme_is_read_to_the_end_of_a_paragraph_and_ends_with_dots(name: str, paragraph: str, separator: str) -> None:
    text = separator.join([paragraph.strip()] * (250_000 // len(paragraph)))
    said = readme.read(text, is_restructured=name.endswith(".rst"))
    assert len(said.description) < len(text) / 2
    assert said.description.endswith(f"{paragraph.strip()[-4:].strip()}\n\n…")


def test_a_readme_that_is_read_to_its_end_has_no_dots_behind_it() -> None:
    text = "# A\n\n" + "word\n\n" * 2_000
    assert not readme.read(text, is_restructured=False).description.endswith("…")
    assert not readme.read("word\n" * 4_999 + "\n" * 9_000, is_restructured=False).description.endswith("…")
