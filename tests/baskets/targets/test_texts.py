"""What each target writes: whole, harmless, and with a word about what it leaves out."""

import ast
import csv
import io
import json
import re
import subprocess
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest

from catalog.software.models import Entry
from datalake.index import store
from datalake.index.models import IndexedScope
from projects.baskets.targets import TARGETS, citations, crate, message, notebook, rucio_list, script, table
from projects.baskets.targets.collected import Collected
from projects.baskets.targets.writing import MAX_NAMED, MAX_SHOWN, Part, Written
from tests.baskets.hostile_items import NAMES, SCOPE, hostile, item
from tests.datalake.index.entries import fact
from tests.factories import make_project
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.xml_text import xml_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def odd(people: dict[str, User]) -> Collected:
    return hostile(people["lead"])


def part(written: Written, key: str) -> Part:
    return next(part for part in written.parts if part.key == key)


def make_data(*names: str, type: str = "FILE", **more: Any) -> None:
    """Rows of the index; `metadata` is what people say of them."""
    scope, _is_new = IndexedScope.objects.get_or_create(lake="escape", name=SCOPE)
    store.save_facts(scope, [fact(name, type=type, **more) for name in names])


def of(reader: User, *items: Any, **more: Any) -> Collected:
    return Collected("Paper", "https://vre.example/basket/1/", reader, items, **more)


@pytest.mark.parametrize("key", list(TARGETS))
def test_hostile_names_stay_names(odd: Collected, key: str) -> None:
    for one in TARGETS[key].write(odd).parts:
        assert re.fullmatch(r"[A-Za-z0-9._-]+", one.filename)
        assert ("\x1b" in one.text) is (one.key == "csv")  # where names are to the letter


def test_python_has_the_names_to_the_letter(odd: Collected) -> None:
    code = part(notebook.write(odd), "python").text
    assert code.isascii()
    tree = ast.parse(code)
    lists = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "dids"]
    assert ast.literal_eval(lists[0]) == [(SCOPE, name) for name in NAMES]


def test_the_package_reads_a_whole_basket_of_ones_own(odd: Collected) -> None:
    assert "vre.basket(1)" in part(notebook.write(odd), "vre").text
    keys = [one.key for one in notebook.write(replace(odd, number=0)).parts]
    assert keys == ["python", "ipynb"]


def test_a_notebook_attaches_what_the_index_knows(people: dict[str, User]) -> None:
    make_data("runs/irf.fits", "2024.fits")
    make_data("all", type="DATASET", length=2)
    names = ("runs/irf.fits", "2024.fits", "all", "unknown")
    written = notebook.write(of(people["lead"], *(item("did", f"escape:{SCOPE}:{name}") for name in names)))
    found = json.loads(part(written, "ipynb").text)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found["metadata"]["rucio_attachments"] == [
        {"did": f"{SCOPE}:runs/irf.fits", "type": "file", "variableName": "irf_fits"},
        {"did": f"{SCOPE}:2024.fits", "type": "file", "variableName": "data_2024_fits"},
        {"did": f"{SCOPE}:all", "type": "collection", "variableName": "data_all"},
    ]
    assert "unknown" in "".join(found["cells"][1]["source"])


def test_variables_have_names_of_their_own() -> None:
    taken: set[str] = set()
    names = [rucio_list.variable(name, taken) for name in ("a.b", "a-b", "A b", "class", "list", "files", "client", "***", "")]
    assert names == ["a_b", "a_b_2", "a_b_3", "data_class", "data_list", "data_files", "data_client", "data", "data_2"]
    assert all(name.isidentifier() for name in names)


def test_a_list_of_dids_has_a_line_for_each(odd: Collected) -> None:
    written = rucio_list.write(odd)
    lines = part(written, "dids").text.splitlines()
    assert all(line.startswith(f"{SCOPE}:") for line in lines)
    broken = next(row for row in written.left_out if "line break" in str(row.reason))
    assert len(lines) + broken.count == len(NAMES)
    assert "\n" not in "".join(broken.titles)


def test_a_script_gives_rucio_the_names_to_the_letter(odd: Collected, tmp_path: Any) -> None:
    client = tmp_path / "rucio"
    client.write_text('#!/bin/sh\nprintf "%s\\0" "$5" >> "$(dirname "$0")/got"\n[ "${5#*:}" != "-rf" ]\n')
    client.chmod(0o700)
    text = part(script.write(odd), "sh").text
    done = subprocess.run(["/bin/bash"], input=text.encode(), env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, check=False)
    got = (tmp_path / "got").read_bytes().split(b"\0")[:-1]
    assert [name.decode() for name in got] == [f"{SCOPE}:{name}" for name in NAMES]
    assert done.returncode == 1
    assert b"1 of these could not be downloaded" in done.stderr


def test_several_lakes_have_a_text_each(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    first = services(ServiceKind.RUCIO)[0]
    second = replace(first, name="other", title="Other lake")
    monkeypatch.setattr("projects.baskets.targets.collected.services", lambda _kind: [first, second])
    collected = of(people["lead"], *(item("did", f"{lake}:{SCOPE}:file") for lake in ("other", "escape", "gone")))
    assert [one.key for one in script.write(collected).parts] == ["sh-escape", "sh-other"]
    assert "Other lake" in part(script.write(collected), "sh-other").text
    assert [one.key for one in notebook.write(collected).parts] == ["python-escape", "ipynb-escape", "python-other", "ipynb-other"]


def test_a_votable_holds_what_is_collected(people: dict[str, User]) -> None:
    make_data(NAMES[0], bytes=10**12)
    odd = hostile(people["lead"])
    root = ElementTree.fromstring(part(table.write(odd), "votable").text)
    space = {"v": "http://www.ivoa.net/xml/VOTable/v1.3"}
    fields = [field.get("name") for field in root.iterfind(".//v:FIELD", space)]
    rows = [dict(zip(fields, (cell.text or "" for cell in row), strict=True)) for row in root.iterfind(".//v:TR", space)]
    assert root.get("version") == "1.4"
    assert len(rows) == 2 * len(NAMES)
    assert rows[0]["name"] == NAMES[0]
    assert rows[0]["bytes"] == str(10**12)
    assert rows[3]["name"] == xml_text(NAMES[3])


@pytest.mark.filterwarnings("error")  # a warning of astropy's says that the table is not as the standard has it
def test_astropy_reads_the_votable(odd: Collected) -> None:
    from astropy.io import votable

    found = votable.parse_single_table(io.BytesIO(part(table.write(odd), "votable").text.encode()), verify="exception")
    assert len(found.array) == 2 * len(NAMES)
    assert found.array["title"][len(NAMES)] == NAMES[0]
    assert found.array.mask["bytes"].all()


def test_csv_and_json_hold_the_same(odd: Collected) -> None:
    written = table.write(odd)
    rows = list(csv.DictReader(io.StringIO(part(written, "csv").text)))
    items = json.loads(part(written, "json").text)["items"]
    assert len(rows) == len(items) == 2 * len(NAMES)
    assert next(row for row in rows if "HYPERLINK" in row["title"] and row["kind"] == "project")["title"].startswith("'=")
    assert items[0]["name"] == NAMES[0]


def test_citations_have_keys_of_their_own(people: dict[str, User]) -> None:
    creators = [{"name": r"Doe, \end{x} } Jane"}]
    entries = [
        Entry.objects.create(service="ossr", concept=str(n), record=str(n), title="Tool", doi=doi, creators=creators, published="2024")
        for n, doi in enumerate(("10.5281/zenodo.1", "10.5281/zenodo.2", ""))
    ]
    make_data("with", metadata={"doi": "10.1234/data", "title": "]]> }{ IRF"})
    make_data("without")
    project = make_project(slug="moon", title=NAMES[2], visibility="public")
    items = [item("software", str(entry.pk)) for entry in entries]
    items += [item("did", f"escape:{SCOPE}:{name}") for name in ("with", "without")]
    written = citations.write(of(people["lead"], *items, item("project", str(project.pk))))
    text = part(written, "bibtex").text
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) == 5
    assert text.count("{") == text.count("}")
    styled = json.loads(part(written, "csl").text)
    assert [one["id"] for one in styled] == keys
    assert [one.get("DOI") for one in styled] == ["10.5281/zenodo.1", "10.5281/zenodo.2", None, "10.1234/data", None]
    assert [row.count for row in written.left_out] == [1]
    assert [row.count for row in written.notes] == [2]


def test_who_may_not_see_a_project_gets_no_citation(people: dict[str, User]) -> None:
    hidden = make_project(slug="hidden", title="Hidden plan", lead=people["lead"])
    written = citations.write(of(people["outsider"], item("project", str(hidden.pk))))
    assert written.parts == []


def test_a_crate_refers_to_every_item_once(people: dict[str, User]) -> None:
    make_data(NAMES[0])
    odd = hostile(people["lead"])
    graph = json.loads(part(crate.write(odd), "jsonld").text)["@graph"]
    identifiers = [entity["@id"] for entity in graph]
    assert len(identifiers) == len(set(identifiers)) == 2 + 2 * len(NAMES)
    assert graph[0] == {
        "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }  # fmt: skip
    root = graph[1]
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    assert len(root["hasPart"]) + len(root["mentions"]) == 2 * len(NAMES)
    assert graph[2]["@type"] == "File"


def test_a_message_fits_into_a_mail(odd: Collected, people: dict[str, User]) -> None:
    many = of(people["lead"], *(item("project", str(n), f"Projekt “ä{n}”") for n in range(500)))
    for collected in (odd, many, of(people["lead"])):
        written = message.write(collected, "https://vre.example/basket/shared/secret/")
        assert len(written.mail) <= message.MAX_MAIL
        fields = parse_qs(urlsplit(written.mail).query)
        assert set(fields) <= {"subject", "body"}
        assert "\n" not in fields["subject"][0]
        assert "secret" in unquote(written.mail)
    text = message.write(many).parts[0].text
    assert "and 400 more" in text
    assert text.count("https://vre.example/x") == 100


def test_what_is_left_out_is_named(people: dict[str, User]) -> None:
    items = [item("project", str(n), f"Project {n}") for n in range(MAX_NAMED + 2)]
    row = script.write(of(people["lead"], *items)).left_out[0]
    assert (len(row.titles), row.others, row.count) == (MAX_NAMED, 2, MAX_NAMED + 2)


def test_a_long_text_is_shown_in_part() -> None:
    long = Part("x", "X", "line\n" * MAX_SHOWN, "x.txt", "text/plain")
    assert long.is_cut
    assert len(long.shown) <= MAX_SHOWN
    assert long.shown.endswith("line\n")
