"""Nothing of a notebook is dropped without a word."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.datalake.files.test_previews import as_notebook, made

pytestmark = pytest.mark.rare(group="previews")


def png() -> str:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def output(**more: Any) -> list[dict[str, Any]]:
    """The sections of a cell's one output."""
    return made("notebook", as_notebook({"cell_type": "code", "source": "x", "outputs": [more]})).sections[1:]


def display(**data: Any) -> dict[str, Any]:
    (section,) = output(output_type="display_data", data={kind.replace("_", "/", 1): value for kind, value in data.items()})
    return section


def test_an_error_is_told_by_name_and_message() -> None:
    (section,) = output(output_type="error", ename="KeyError", evalue="'run'", traceback=[])
    assert (section["title"], section["text"]) == ("Error", "KeyError: 'run'")
    (section,) = output(output_type="error", ename="NotImplementedError", evalue="", traceback=["\x1b[31mline 1\x1b[0m"])
    assert section["text"] == "line 1\nNotImplementedError"
    (section,) = output(output_type="error", ename="ValueError", evalue="no", traceback=["line 1", "ValueError: no"])
    assert section["text"] == "line 1\nValueError: no"


@pytest.mark.parametrize(("kind", "title"), [("text_markdown", "Markdown"), ("text_latex", "LaTeX"), ("application_json", "JSON")])
def test_markdown_and_latex_are_shown_as_text(kind: str, title: str) -> None:
    section = display(**{kind: "**a**"})
    assert (section["title"], section["text"]) == (title, "**a**")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/svg+xml", "SVG picture"),
        ("text/html", "HTML"),
        ("application/vnd.jupyter.widget-view+json", "Widget"),
        ("application/vnd.plotly.v1+json", "Interactive plot"),
        ("application/vnd.other", "application/vnd.other"),
        ("image/webp", "image/webp"),
    ],
)
def test_what_is_not_shown_is_said_with_the_reason(kind: str, name: str) -> None:
    (section,) = output(output_type="display_data", data={kind: "<svg/>"})
    assert section["note"] == f"{name}: not shown. Previews show text, PNG and JPEG only."
    (section,) = output(output_type="display_data", data={"text/html": "<b>1</b>", "text/plain": "1"})
    assert (section["text"], section["note"]) == ("1", "HTML: not shown. The text version is shown instead.")


def test_a_picture_that_is_none_or_one_too_many_is_said() -> None:
    (section,) = output(output_type="display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})
    assert (section["text"], section["note"]) == ("<Figure>", "Picture: not shown. It could not be decoded.")
    many = made(
        "notebook", as_notebook({"cell_type": "code", "outputs": [{"output_type": "display_data", "data": {"image/png": png()}}] * 10})
    )
    assert [bool(section["image"]) for section in many.sections] == [True] * 8 + [False] * 2
    assert many.sections[-1]["note"] == "Picture: not shown. A preview shows up to 8 pictures."


def test_attached_pictures_are_drawn_and_those_from_elsewhere_are_said_to_be_missing() -> None:
    source = "![a](attachment:a.png) ![b](https://elsewhere.example/b.png)"
    held = {"a.png": {"image/png": png()}, "b.svg": {"image/svg+xml": "<svg/>"}}
    words, first, second = made("notebook", as_notebook({"cell_type": "markdown", "source": source, "attachments": held})).sections
    assert words["note"] == "1 picture from outside the notebook is not shown."
    assert (first["title"], bool(first["image"])) == ("Attachment a.png", True)
    assert second["note"] == "Attachment b.svg: not shown. Its type is image/svg+xml; only PNG and JPEG are shown."


def test_raw_cells_and_streams_are_what_they_are() -> None:
    raw = made("notebook", as_notebook({"cell_type": "raw", "source": "words"})).sections[0]
    assert (raw["title"], raw["text"]) == ("Raw cell", "words")
    (section,) = output(output_type="stream", name="stderr", text="\r 10%|\r100%|\n\x1b[31mred\x1b[0m\r\n")
    assert (section["title"], section["text"]) == ("stderr", "100%|\nred\n")


def test_what_is_cut_or_broken_is_said_and_costs_only_itself() -> None:
    long = {"cell_type": "code", "source": "x" * 30_000, "outputs": [5, {"output_type": "stream", "text": "fine"}, {"output_type": "new"}]}
    first, broken, fine, new = made("notebook", as_notebook(long)).sections
    assert first["note"] == "Characters shown: the first 20,000 of 30,000."
    assert broken["note"] == "Output: not shown. It could not be read."
    assert fine["text"] == "fine"
    assert new["note"] == "Output: not shown. Its type is new."
    cells: Any = ["nonsense", *({"cell_type": "raw", "source": "a"} for _ in range(70))]
    assert made("notebook", as_notebook(*cells)).sections[-1]["note"] == ("Cells shown: the first 60 of 71. 1 invalid cell is left out.")


def test_other_notebooks_are_said_to_be_what_they_are() -> None:
    assert "version 3" in made("notebook", b'{"worksheets": [], "nbformat": 3}').error
    assert "JSON is invalid" in made("notebook", b"{").error
    assert "no list of cells" in made("notebook", b"[]").error
    assert made("notebook", as_notebook()).sections[0]["note"] == "The notebook has no cells."
