"""ORCID, DOI, SPDX and ROR: what is taken, in which spellings, and what is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vre_portal.vocabularies import doi, orcid, ror, spdx


@pytest.fixture(autouse=True)
def fresh_registry() -> Iterator[None]:
    ror._registry.cache_clear()
    yield
    ror._registry.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "0000-0002-1825-0097",
        " 0000-0002-1825-0097 ",
        "0000000218250097",
        "https://orcid.org/0000-0002-1825-0097",
        "orcid.org/0000-0002-1825-0097/",
        "ORCID:0000-0002-1825-0097",
        "http://www.orcid.org/0000-0002-1825-0097",
    ],
)
def test_an_orcid_is_read_in_its_usual_spellings(text: str) -> None:
    assert orcid.parse(text) == "0000-0002-1825-0097"


def test_the_check_digit_may_be_an_x() -> None:
    assert orcid.parse("0000-0002-9079-593x") == "0000-0002-9079-593X"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000-0002-1825-0098",
        "0000-0002-1825-009",
        "0000-0002-1825-00977",
        "https://evil.org/0000-0002-1825-0097",
        "٠٠٠٠-0002-1825-0097",
        "0000-0002-1825-0097?x",
    ],
)
def test_what_is_no_orcid_is_none(text: str) -> None:
    assert orcid.parse(text) == ""
    assert not orcid.is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "10.5281/zenodo.1",
        "doi:10.5281/zenodo.1",
        "https://doi.org/10.5281/zenodo.1",
        "http://dx.doi.org/10.5281%2Fzenodo.1",
        "DOI.org/10.5281/zenodo.1",
    ],
)
def test_a_doi_is_read_in_its_usual_spellings(text: str) -> None:
    assert doi.parse(text) == "10.5281/zenodo.1"


@pytest.mark.parametrize("text", ["", "10.1/x", "10.5281/", "10.5281/a b", "x10.5281/a", "10.5281/é", "https://example.org/10.5281/a"])
def test_what_is_no_doi_is_none(text: str) -> None:
    assert doi.parse(text) == ""


def test_the_address_of_a_doi_holds_no_sign_that_ends_it() -> None:
    assert doi.address("10.1000/a<b>#c?d") == "https://doi.org/10.1000/a%3Cb%3E%23c%3Fd"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("mit", "MIT"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0-or-later with Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
    ],
)
def test_an_expression_is_written_as_spdx_writes_it(text: str, expression: str) -> None:
    assert spdx.canonical(text) == expression


@pytest.mark.parametrize("text", ["", "BSD", "free for all", "MIT OR", "(MIT", "MIT MIT", "(" * 90, "<script>", "MIT" * 100])
def test_what_is_no_expression_is_none(text: str) -> None:
    assert spdx.canonical(text) == ""


def test_each_licence_that_is_offered_is_one_of_spdx() -> None:
    assert [spdx.canonical(item.identifier) for item in spdx.OFFERED] == [item.identifier for item in spdx.OFFERED]


def test_only_a_single_licence_has_a_page() -> None:
    assert spdx.address("MIT") == "https://spdx.org/licenses/MIT.html"
    assert (spdx.address("MIT OR Apache-2.0"), spdx.address("BSD-like"), spdx.address("LicenseRef-mine")) == ("", "", "")


def test_each_institute_of_the_shipped_list_has_right_check_digits_and_a_name_of_its_own() -> None:
    lines = [line for line in ror.SHIPPED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    listed = ror.institutes()
    assert len(listed) == len(lines) > 100
    assert all(ror.is_valid(item.identifier) and item.name for item in listed)
    assert len({item.name for item in listed}) == len(listed)


@pytest.mark.parametrize("text", ["01js2sh04", "https://ror.org/01js2sh04", "ror.org/01JS2SH04/", "ROR:01js2sh04"])
def test_an_identifier_of_ror_is_read_in_its_usual_spellings(text: str) -> None:
    assert ror.parse(text) == "01js2sh04"


@pytest.mark.parametrize("text", ["", "01js2sh05", "11js2sh04", "01js2sh0", "01il2sh04", "https://evil.org/01js2sh04", "DESY"])
def test_what_is_no_identifier_of_ror_is_none(text: str) -> None:
    assert ror.parse(text) == ""


def test_an_institute_is_found_by_name_and_acronym_whatever_their_case() -> None:
    names = ("CERN", "cern", "European Organization for Nuclear  Research", "Europäische Organisation für Kernforschung")
    assert {item.identifier for name in names if (item := ror.by_name(name))} == {"01ggx4157"}
    assert ror.by_name("") is None
    assert ror.by_name("Nowhere Institute") is None


def _record(identifier: str, name: str, **more: Any) -> dict[str, Any]:
    names = [{"value": name, "types": ["ror_display", "label"]}, {"value": "XYZ", "types": ["acronym"]}]
    return {
        "id": f"https://ror.org/{identifier}",
        "status": "active",
        "names": names,
        "locations": [{"geonames_details": {"country_code": "DE"}}],
        **more,
    }


def test_the_operators_file_takes_the_place_of_the_list_and_a_bad_record_costs_only_itself(settings: Any, tmp_path: Path) -> None:
    old = {
        "id": "https://ror.org/00f9tz983",
        "name": "Old form",
        "acronyms": ["OF"],
        "country": {"country_code": "NL"},
        "aliases": [],
        "labels": [],
    }
    records = [
        _record("01js2sh04", "Mine"),
        _record("01ggx4157", "Closed", status="withdrawn"),
        {"id": 7},
        None,
        _record("01js2sh05", "Wrong"),
        old,
    ]
    settings.ROR_FILE = str(tmp_path / "ror.json")
    Path(settings.ROR_FILE).write_text(json.dumps(records))
    assert [(item.identifier, item.name, item.country) for item in ror.institutes()] == [
        ("01js2sh04", "Mine", "DE"),
        ("00f9tz983", "Old form", "NL"),
    ]
    assert ror.by_name("of") == ror.institute("00f9tz983")


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"a": 1}', None])
def test_a_file_that_cannot_be_read_leaves_the_shipped_list(settings: Any, tmp_path: Path, content: str | None) -> None:
    settings.ROR_FILE = str(tmp_path / "ror.json")
    if content is not None:
        Path(settings.ROR_FILE).write_text(content)
    assert len(ror.institutes()) > 100


def test_a_name_that_two_institutes_have_says_neither(settings: Any, tmp_path: Path) -> None:
    settings.ROR_FILE = str(tmp_path / "ror.json")
    Path(settings.ROR_FILE).write_text(json.dumps([_record("01js2sh04", "One"), _record("01ggx4157", "Two")]))
    assert ror.by_name("XYZ") is None
    assert ror.by_name("one") == ror.institute("01js2sh04")
