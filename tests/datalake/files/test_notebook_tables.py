"""Tables that a notebook's cells wrote as HTML: their text is read, within a time that no table exceeds."""

import time
from typing import Any

import pytest

from datalake.files.preview_child import outputs
from datalake.files.preview_child.html_table import Tables, table_of
from datalake.files.preview_child.limits import Section

FRAME = """<div><style scoped>td {color: red}</style>
<table border="1" class="dataframe"><thead>
<tr><th></th><th colspan="2">flux</th><th>n</th></tr>
<tr><th>run</th><th>mean</th><th>std</th><th></th></tr></thead>
<tbody><tr><th rowspan="2">A &amp; B</th><td>1.5</td><td>0.1</td><td>3</td></tr>
<tr><td>2.5</td><td>0.2</td><td>4</td></tr></tbody></table>
<p>2 rows × 3 columns</p></div>"""


def read(html: str) -> Section:
    found = table_of(html, Tables())
    assert found is not None
    return found


def test_a_data_frame_is_read_with_its_spans_expanded() -> None:
    found = read(FRAME)
    assert found.columns == ["run", "flux / mean", "flux / std", "n"]
    assert found.rows == [["A & B", "1.5", "0.1", "3"], ["A & B", "2.5", "0.2", "4"]]
    assert found.note == "2 rows × 3 columns"


def test_end_tags_and_a_header_may_be_missing() -> None:
    found = read("<table><tr><td>1<td>2<tr><td>3<br>4<td>")
    assert (found.columns, found.rows) == (["Column 1", "Column 2"], [["1", "2"], ["3 4", ""]])
    assert read("<table><tr><th>a<th>b<tr><td>1<td>2</table>").columns == ["a", "b"]


def test_much_is_cut_and_said() -> None:
    found = read("<table>" + f"<tr>{'<td>1' * 30}" * 100)
    assert (len(found.columns), len(found.rows)) == (20, 60)
    assert found.note == "Columns shown: the first 20 of 30. Rows shown: the first 60 of 100."
    (cell,) = read(f"<table><tr><td colspan=99999 rowspan=99999>{'x' * 5000}</table>").rows
    assert (len(cell), len(cell[0])) == (20, 200)


@pytest.mark.parametrize(
    "html",
    [
        "<b>1</b>",
        "<table></table>",
        "<table><tr><td>1</table><script>steal()</script>",
        "<table><tr><td><svg onload=steal()>1</table>",
        "<table><tr><td><img src=//evil.example>1</table>",
        "<table><tr><td>1</table><table><tr><td>2</table>",
        "<table><tr><td><table><tr><td>2</table></table>",
        f"<table><tr><td>1</table><p>{'words ' * 100}</p>",
        f"<table><tr><td>{'x' * 100_000}</table>",
    ],
)
def test_what_is_not_one_table_of_text_is_shown_as_its_words(html: str) -> None:
    output: dict[str, Any] = {"output_type": "display_data", "data": {"text/html": html, "text/plain": "words"}}
    (section,) = outputs.sections([output], outputs.Pictures())
    assert (section.kind, section.text) == ("output", "words")
    assert section.note == "HTML: not shown. The text version is shown instead."


@pytest.mark.parametrize(
    "html",
    [
        "<table></table><p>" + "".join(f"<em a{n}>" for n in range(450)) + "</p>" + "<p>x</p>" * 10_000,
        "<table>" + "<tr><td rowspan=60 colspan=1000>x" * 3000,
        "<table>" + "<td>" * 24_000,
        "<table>" + "<" * 99_000,
        "<table>" + "<!--" * 24_000,
        "<table>" + "<a b='" * 16_000,
        "<table>" + "&" * 99_000,
        "<table>" * 14_000,
    ],
)
def test_no_table_takes_long(html: str) -> None:
    begin = time.process_time()
    table_of(html, Tables())
    assert time.process_time() - begin < 0.2


def test_all_tables_of_a_notebook_share_their_time() -> None:
    tables, begin = Tables(), time.process_time()
    for _number in range(30):
        table_of("<table>" + "<tr><td rowspan=60 colspan=1000>x" * 3000, tables)
    assert time.process_time() - begin < 2
