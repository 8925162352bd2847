"""What the hub writes for data that were chosen: a notebook in which their name is a text and nothing else."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

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
     {"did": "S:\ud800", "type": "FILE"}, {"did": f"S:{'n' * 251}", "type": "FILE"}, {"did": "S:n", "type": "FILE", "code": "x"}],
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
