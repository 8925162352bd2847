"""What the hub writes for data that were chosen: a notebook in which their name is a text and nothing else."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from datalake.files.notebook_cells import FETCH, STOCK_CLIENT
from devstack.hub import options, starter
from tests.notebooks.test_choosing import NASTY


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("kind", ["FILE", "DATASET"])
def test_the_hub_writes_a_notebook_in_which_the_name_is_one_text(name: str, kind: str, tmp_path: Path) -> None:
    asked = {"project": "p", "title": "P", "dids": ['S:a"b%c'], "chosen": {"did": f"S:{name}", "type": kind}}
    found = options.read(asked, "p")
    assert found
    file = tmp_path / starter.write(tmp_path, found)
    assert file.parent == tmp_path
    cells = json.loads(file.read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    compile(code, "notebook", "exec")
    assert f"scope, name = 'S', {name!a}\n" in code
    assert code.isascii()
    words = "".join(cells[0]["source"])
    assert all(letter.isprintable() or letter == "\n" for letter in words)
    page, shown = MarkdownIt("commonmark").render(words), starter.visible(name)
    found = re.match(r"<h1>(.*)</h1>\n<p><code>(.*)</code></p>\n<p>Run the cells", page)
    assert found
    assert (unescape(found[1]), unescape(found[2])) == (shown, f"S:{shown}")
    assert "<b>" not in page


@pytest.mark.parametrize(
    "chosen",
    ["S:n", [], {}, {"did": "S:n"}, {"did": "S:n", "type": "evil"}, {"did": "n", "type": "FILE"}, {"did": "S:\0", "type": "FILE"},
     {"did": "S:\ud800", "type": "FILE"}, {"did": f"S:{'n' * 501}", "type": "FILE"}, {"did": "S:n", "type": "FILE", "code": "x"}],
)  # fmt: skip
def test_a_forged_choice_is_refused_by_the_hub(chosen: object) -> None:
    with pytest.raises(options.OptionsError):
        options.read({"project": "p", "chosen": chosen}, "p")


def test_a_notebook_that_somebody_changed_is_opened_and_not_written_over(tmp_path: Path) -> None:
    found = options.read({"project": "p", "title": "P", "chosen": {"did": "S:n", "type": "FILE"}}, "p")
    assert found
    name = starter.write(tmp_path, found)
    (tmp_path / name).write_text("{}")
    assert starter.write(tmp_path, found) == name
    assert (tmp_path / name).read_text() == "{}"


ODD = ["a b.fits", "o#p%20q.fits", "x\u202egpj.fits.gz", "qu'o\"te`.fits", f"{'é' * 110}.fits", "line\nbreak.fits", "..", "a/.. /b.fits"]


@pytest.mark.parametrize("name", ODD)
def test_a_file_of_any_name_gets_a_harmless_one_with_its_ending(name: str) -> None:
    known: dict[str, Any] = {}
    exec(FETCH.split("def fetch(")[0].replace(STOCK_CLIENT, ""), known)  # noqa: S102 -- our own code
    path = known["place"]({"scope": "S", "name": name})
    assert path.parts[:2] == ("data", "S")
    assert path.name.endswith(re.findall(r"(?:\.[a-z]+)+$|$", name)[0])
    assert path.suffixes[-1:] == Path(name).suffixes[-1:]
    for part in path.parts:
        assert part.isprintable()
        assert part.strip(". ") == part
        assert len(part.encode()) + len(".part") < 255
    assert len({str(known["place"]({"scope": "S", "name": other})) for other in (*ODD, "plain.fits")}) == len(ODD) + 1


def test_a_plain_name_is_kept() -> None:
    known: dict[str, Any] = {}
    exec(FETCH.split("def fetch(")[0].replace(STOCK_CLIENT, ""), known)  # noqa: S102 -- our own code
    for name in ("run1/a.fits", "a b.fits", "Ω.txt", "x" * 200):
        assert known["place"]({"scope": "S", "name": name}) == Path("data", "S", *name.split("/"))


def test_one_odd_entry_of_a_project_keeps_no_session_from_starting(tmp_path: Path) -> None:
    dids = ["S:good", *(f"S:{name}" for name in ODD), "no identifier", "S:\udce9", "", f"S:{'n' * 501}"]
    project = options.read({"project": "p", "title": "P", "dids": dids, "more": 1234}, "p")
    assert project
    assert project.dids == ("S:good", *(f"S:{name}" for name in ODD))
    starter.write(tmp_path, project)
    facts = json.loads((tmp_path / "project.json").read_text())
    assert facts["dids"] == list(project.dids)
    assert (len(facts["unreadable"]), facts["more"]) == (4, 1234)
    words = "".join(json.loads((tmp_path / "start.ipynb").read_text())["cells"][0]["source"])
    assert "no identifier" in words
    assert "1,234 more are not listed here" in words
    assert all(letter.isprintable() or letter == "\n" for letter in words)


@pytest.mark.parametrize("more", [-1, True, "7", 10**9, 1.5, None])
def test_a_forged_number_of_data_is_refused(more: object) -> None:
    with pytest.raises(options.OptionsError):
        options.read({"project": "p", "more": more}, "p")


def test_every_cell_of_a_session_has_a_client_that_renews_its_token() -> None:
    project = options.read({"project": "p", "title": "P", "chosen": {"did": "S:n", "type": "FILE"}}, "p")
    assert project
    assert project.chosen
    for notebook in (starter.start_notebook(project), starter.chosen_notebook(project.chosen)):
        code = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
        assert STOCK_CLIENT in FETCH
        assert STOCK_CLIENT not in code
        assert starter.SESSION_CLIENT in code
