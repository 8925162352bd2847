"""What the metadata of a DID say of the workflow that made it: in words, with links of this portal alone, whatever somebody wrote."""

import json
from typing import Any

import pytest
from django.template.loader import render_to_string

from datalake.pages.provenance import Provenance, provenance_of

RUN = "https://vre.example/projects/km3net/workflows/3/"
DETAILS = {
    "source": "https://git.example/fit",
    "commit": "c0ffee",
    "parameters": {"years": 3},
    "workflow": "https://vre.example/projects/km3net/workflows/specifications/fit/",
    "version": 4,
    "engine": "cwl",
    "images": [{"step": "fit", "image": "docker.io/fit:1"}, {"step": "", "image": "docker.io/plot:1"}],
}


@pytest.fixture(autouse=True)
def address(settings: Any) -> None:
    settings.PORTAL_URL = "https://vre.example"


def said(**changes: Any) -> Provenance | None:
    return provenance_of({"vre_run": RUN, "vre_provenance": json.dumps({**DETAILS, **changes})})


def test_what_the_portal_wrote_is_said_in_words_with_links() -> None:
    html = render_to_string("datalake/did_provenance.html", {"provenance": said()})
    for words in (
        'href="/projects/km3net/workflows/3/"',
        'href="/projects/km3net/workflows/specifications/fit/"',
        "version 4",
        "c0ffee",
        "CWL",
        "https://git.example/fit",
        "docker.io/fit:1",
        "Image of",
    ):
        assert words in html
    assert render_to_string("datalake/did_provenance.html", {"provenance": None}).strip() == ""


@pytest.mark.parametrize(
    "value",
    [
        "https://evil.example/projects/x/",
        "https://vre.example.evil.example/projects/",
        "javascript:alert(1)",
        "//evil.example",
        7,
        None,
        RUN + "\u202e",
        RUN + "../../../../accounts/logout/",
        RUN + "%2e%2e/stop/",
        RUN + "?do=delete",
    ],
)
def test_an_address_of_elsewhere_is_no_link(value: Any) -> None:
    found = provenance_of({"vre_run": value, "vre_provenance": json.dumps({"workflow": value, "commit": "c"})})
    assert found == Provenance(commit="c")


@pytest.mark.parametrize(
    "value", ["", "no JSON", "[" * 10_000, "[1]", "null", "{}", {"commit": "c"}, 5, '{"commit": 5, "version": true, "images": {}}']
)
def test_what_cannot_be_read_says_nothing(value: Any) -> None:
    assert provenance_of({"vre_provenance": value}) is None


def test_odd_parts_cost_only_themselves() -> None:
    found = said(images=[5, {"step": 5, "image": "docker.io/a"}, {"image": ["x"]}], version=-1, engine=["x"])
    assert found is not None
    assert (found.images, found.version, found.engine, found.commit) == ((("", "docker.io/a"),), "", "", "c0ffee")


def test_what_is_written_is_escaped() -> None:
    html = render_to_string("datalake/did_provenance.html", {"provenance": said(engine="<script>", commit="<b>")})
    assert "<script>" not in html
    assert "<b>" not in html
