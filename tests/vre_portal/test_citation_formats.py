"""A reference in five styles, each read again by a parser: what went in comes out, whatever the title or the names are."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from django.http import Http404

from tests.hostile import PAYLOADS
from vre_portal.citation_formats import STYLES, Author, Reference, ReferenceType, citation_response, written
from vre_portal.citation_formats.names import parts
from vre_portal.citation_formats.reference import one_line

FULL = Reference(
    type=ReferenceType.SOFTWARE,
    title="km3irf: 100% of {KM3NeT} & more_",
    authors=(
        Author.person("García-Pérez, María", orcid="0000-0002-1825-0097", affiliation="DESY"),
        Author.person("Ludwig van Beethoven"),
        Author.organisation("The KM3NeT collaboration and friends"),
    ),
    date="2026-11-29",
    version="0.4.0",
    doi="10.5281/zenodo.7638833",
    url="https://git.example.org/irf",
    repository="https://git.example.org/irf",
    publisher="OSSR",
    licence="BSD-3-Clause",
    keywords=("neutrinos", "response functions"),
    abstract="Two lines\nof text",
)


def bibtex_of(text: str) -> tuple[str, str, dict[str, str]]:
    """Type, key and fields of an entry, read by its braces as BibTeX does; raises AssertionError where they do not close."""
    head = re.match(r"@(\w+)\{([^,\s{}]+),", text)
    assert head, text
    at, fields = head.end(), {}
    while match := re.compile(r"\s*(\w+)\s*=\s*").match(text, at):
        at = match.end()
        if text[at] == "{":
            depth, begin = 0, at + 1
            while True:
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
                if depth == 0:
                    break
            value = text[begin : at - 1]
        else:
            word = re.compile(r"\w+").match(text, at)
            assert word
            at, value = word.end(), word[0]
        fields[match[1]] = value
        if text[at] != ",":
            break
        at += 1
    assert text[at:].strip() == "}"
    return head[1], head[2], fields


def plain_tex(value: str) -> str:
    """What TeX shows for a value."""
    words = {
        r"\textbraceleft{}": "{",
        r"\textbraceright{}": "}",
        r"\textbackslash{}": "\\",
        r"\textasciitilde{}": "~",
        r"\textasciicircum{}": "^",
    }
    return re.sub(
        r"\\textbrace(?:left|right)\{\}|\\textbackslash\{\}|\\textasciitilde\{\}|\\textasciicircum\{\}|\\([&%$#_])|[{}]",
        lambda match: match[1] or words.get(match[0], ""),
        value,
    )


def ris_of(text: str) -> list[tuple[str, str]]:
    """Tags and values; raises AssertionError where a line is no field."""
    rows = [re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line) for line in text.removesuffix("\r\n").split("\r\n")]
    assert all(rows), text
    return [(row[1], row[2]) for row in rows if row]


def test_bibtex_gives_back_title_people_and_addresses() -> None:
    kind, key, fields = bibtex_of(STYLES["bibtex"].write(FULL))
    assert (kind, key) == ("software", "garciaperez_km3irf_2026")
    assert plain_tex(fields["title"]) == FULL.title
    assert fields["author"] == "García-Pérez, María and van Beethoven, Ludwig and {The KM3NeT collaboration and friends}"
    assert (fields["doi"], fields["url"], fields["month"]) == (FULL.doi, "https://doi.org/10.5281/zenodo.7638833", "nov")


def test_ris_begins_with_its_type_and_ends_with_its_end() -> None:
    rows = ris_of(STYLES["ris"].write(FULL))
    assert (rows[0], rows[-1]) == (("TY", "COMP"), ("ER", ""))
    assert [value for tag, value in rows if tag == "AU"] == [
        "García-Pérez, María",
        "van Beethoven, Ludwig",
        "The KM3NeT collaboration and friends",
    ]
    assert ("DA", "2026/11/29/") in rows
    assert ("DO", FULL.doi) in rows


def test_csl_json_has_people_in_parts_and_the_date_in_numbers() -> None:
    (item,) = json.loads(STYLES["csl"].write(FULL))
    assert item["author"] == [
        {"family": "García-Pérez", "given": "María"},
        {"family": "van Beethoven", "given": "Ludwig"},
        {"literal": "The KM3NeT collaboration and friends"},
    ]
    assert (item["type"], item["issued"], item["DOI"]) == ("software", {"date-parts": [[2026, 11, 29]]}, FULL.doi)


def cff_faults(content: dict[str, Any]) -> list[str]:
    """What of a file the Citation File Format 1.2.0 does not allow: its required keys, and the forms of those that we write."""
    forms = {
        "date-released": r"\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])",
        "doi": r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-\.\(\)\[\]\\]+",
        "url": r"https?://.+",
        "repository-code": r"https?://.+",
        "type": r"dataset|software",
        "cff-version": r"1\.2\.0",
    }
    faults = [name for name in ("authors", "cff-version", "message", "title") if not content.get(name)]
    faults += [name for name, form in forms.items() if name in content and not re.fullmatch(form, str(content[name]))]
    lists = [content["authors"], content.get("keywords", []), content["license"] if isinstance(content.get("license"), list) else []]
    faults += [f"repeated or empty: {items}" for items in lists if len({str(item) for item in items}) < len(items) or "" in items]
    faults += [licence for licence in lists[2] or [content.get("license", "")] if licence.startswith("LicenseRef-")]
    for author in content["authors"]:
        is_person = "family-names" in author or "given-names" in author
        allowed = {"family-names", "given-names", "orcid", "affiliation"} if is_person else {"name"}
        faults += [str(author)] if set(author) - allowed else []
        faults += (
            [author["orcid"]]
            if not re.fullmatch(r"https://orcid\.org/(\d{4}-){3}\d{3}[\dX]", author.get("orcid", "https://orcid.org/0000-0002-1825-0097"))
            else []
        )
    return faults


def test_cff_is_yaml_with_what_the_format_requires() -> None:
    content = yaml.safe_load(STYLES["cff"].write(FULL))
    assert cff_faults(content) == []
    assert content["authors"][0] == {
        "family-names": "García-Pérez",
        "given-names": "María",
        "orcid": "https://orcid.org/0000-0002-1825-0097",
        "affiliation": "DESY",
    }
    assert (content["type"], content["license"], content["title"]) == ("software", "BSD-3-Clause", FULL.title)


@pytest.mark.parametrize(
    ("licence", "shown"), [("MIT OR Apache-2.0", ["MIT", "Apache-2.0"]), ("MIT AND Apache-2.0", None), ("free", None), ("", None)]
)
def test_cff_names_a_licence_only_where_it_can(licence: str, shown: Any) -> None:
    assert yaml.safe_load(STYLES["cff"].write(replace(FULL, licence=licence))).get("license") == shown


def test_a_line_of_text_names_people_year_title_and_address() -> None:
    assert STYLES["text"].write(FULL) == (
        "García-Pérez, María; van Beethoven, Ludwig; The KM3NeT collaboration and friends (2026). km3irf: 100% of {KM3NeT} & more_ "
        "(version 0.4.0) [Computer software]. OSSR. https://doi.org/10.5281/zenodo.7638833\n"
    )


def test_a_reference_of_which_nearly_nothing_is_known_is_still_one_in_each_style() -> None:
    bare = Reference(type=ReferenceType.OTHER, title="X")
    texts = {item.style.name: item.text for item in written(bare)}
    assert bibtex_of(texts["bibtex"])[1] == "x"
    assert ris_of(texts["ris"])[0] == ("TY", "GEN")
    assert json.loads(texts["csl"])[0]["type"] == "document"
    assert cff_faults(yaml.safe_load(texts["cff"])) == []
    assert texts["text"] == "(n.d.). X\n"


def test_no_title_or_name_breaks_out_of_its_field() -> None:
    for text in PAYLOADS:
        line = one_line(text[:500])
        made = replace(
            FULL, title=line, authors=(Author.person(text[:300]), Author.organisation(text[:300])), keywords=(line,), abstract=line
        )
        texts = {item.style.name: item.text for item in written(made)}
        assert " ".join(plain_tex(bibtex_of(texts["bibtex"])[2].get("title", "")).split()) == line, text
        assert [tag for tag, _ in ris_of(texts["ris"])].count("TI") <= 1
        assert json.loads(texts["csl"])[0].get("title", "") == line
        assert yaml.safe_load(texts["cff"]).get("title", "") == line
        assert texts["text"].count("\n") == 1


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("Lead, Lena", "Lead", "Lena"),
        ("Lena Lead", "Lead", "Lena"),
        ("Lena", "Lena", ""),
        ("Johannes Diderik van der Waals", "van der Waals", "Johannes Diderik"),
        ("de la Cruz, Juan", "de la Cruz", "Juan"),
        ("Van Morrison", "Morrison", "Van"),
        ("", "", ""),
    ],
)
def test_names_come_in_two_parts(name: str, family: str, given: str) -> None:
    assert parts(name) == (family, given)


def test_a_name_with_the_word_and_is_one_author_of_bibtex() -> None:
    field = bibtex_of(STYLES["bibtex"].write(replace(FULL, authors=(Author.person("Sand and Sea, Ann"),))))[2]["author"]
    assert re.split(r" and (?![^{]*\})", field) == ["{Sand and Sea}, Ann"]


def test_a_single_brace_does_not_end_the_entry() -> None:
    """BibTeX counts braces also behind a backslash."""
    made = replace(FULL, title="{ open and } closed }", version="}", authors=(Author.person("{Brace, A"), Author.organisation("X}")))
    fields = bibtex_of(STYLES["bibtex"].write(made))[2]
    assert (plain_tex(fields["title"]), plain_tex(fields["version"])) == (made.title, "}")
    assert plain_tex(fields["author"]) == "{Brace, A and X}"


@pytest.mark.parametrize(
    "changes",
    [
        {"doi": "10.1002/(SICI)1096-8644(199610)101:2<223::AID-AJPA8>3.0.CO;2-3"},
        {"repository": "git@git.example.org:group/sky.git"},
        {"url": "ivo://example.org/x", "doi": ""},
        {"date": "2024-13-45"},
        {"date": "2023-02-29"},
        {"keywords": ("a", "a", " ", "")},
        {"authors": (Author.person("Ann Lee"), Author.person("Lee, Ann"))},
        {"licence": "LicenseRef-own"},
        {"licence": "MIT OR LicenseRef-own"},
    ],
)
def test_cff_leaves_out_what_its_schema_refuses(changes: dict[str, Any]) -> None:
    content = yaml.safe_load(STYLES["cff"].write(replace(FULL, **changes)))
    assert cff_faults(content) == []


def test_an_old_doi_stands_in_cff_as_an_address() -> None:
    content = yaml.safe_load(STYLES["cff"].write(replace(FULL, doi="10.1002/(SICI)1:2<3::A>3.0.CO;2-3")))
    assert "doi" not in content
    assert content["url"].startswith("https://doi.org/10.1002/(SICI)1:2%3C3")


def test_csl_json_has_only_fields_of_its_schema() -> None:
    (item,) = json.loads(STYLES["csl"].write(FULL))
    assert item["custom"] == {"license": "BSD-3-Clause"}
    assert "license" not in item


@pytest.mark.parametrize(
    ("date", "parts"),
    [("2024-13-45", [2024]), ("2023-02-29", [2023, 2]), ("2024-02-29", [2024, 2, 29]), ("0000", [0]), ("2024-00", [2024])],
)
def test_a_day_that_there_is_not_is_no_part_of_a_date(date: str, parts: list[int]) -> None:
    assert replace(FULL, date=date).date_parts == parts


def test_a_file_has_the_name_and_type_of_its_style() -> None:
    response = citation_response(FULL, "ris")
    assert response["Content-Type"] == "application/x-research-info-systems; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="garciaperez_km3irf_2026.ris"'
    with pytest.raises(Http404):
        citation_response(FULL, "nosuch")
