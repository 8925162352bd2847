"""Results that are CSV files, as the page of a run shows them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from projects.workflows import presenting
from projects.workflows.models import Run, RunFile

Page = Callable[[bytes], str]


def output(run: Run, content: bytes, path: str = "out.csv") -> RunFile:
    found = RunFile(run=run, path=path, size=len(content), sha256="0" * 64)
    found.file.save("x", ContentFile(content))
    return found


@pytest.fixture
def page_of(run: Run, settings: Any, tmp_path: Any, signed_in: Callable[[str], Client]) -> Page:
    """The page of a finished run with one CSV output of this content."""
    settings.MEDIA_ROOT = str(tmp_path)

    def of(content: bytes) -> str:
        output(run, content)
        Run.objects.update(status=Run.Status.FINISHED, listed_at="2026-11-28T12:00Z", collected_at="2026-11-28T12:00Z")
        reply = signed_in("lead").get(run.get_absolute_url())
        assert reply.status_code == 200
        return reply.content.decode()

    return of


def columns(text: str) -> list[str]:
    return [part.split("</bdi>")[0] for part in text.split('<th scope="col"><bdi>')[1:]]


def cells(text: str) -> list[str]:
    return re.findall(r'<td(?: class="num")?><bdi>(.*?)</bdi>', text, re.DOTALL)


def test_a_header_that_begins_with_a_hash(page_of: Page) -> None:
    text = page_of(b"#id,ra,dec\n1,83.63,22.01\n2,10.68,41.27\n3,201.36,-43.02\n")
    assert columns(text) == ["id", "ra", "dec"]
    assert "3 rows, 3 columns." in text


def test_quoted_line_breaks(page_of: Page) -> None:
    text = page_of(b'id,comment,flux\n1,"first line\n\nthird",1.0\n2,plain,2.0\n3,"# not a comment\n# neither",3.0\n')
    assert columns(text) == ["id", "comment", "flux"]
    assert cells(text)[1] == "first line\n\nthird"
    assert cells(text)[7] == "# not a comment\n# neither"
    assert "3 rows, 3 columns." in text


def test_line_separators_inside_cells(page_of: Page) -> None:
    text = page_of("id,text\n1,be\u0085fore\n2,be\u2028fore\n".encode())
    assert len(cells(text)) == 4
    assert "2 rows, 2 columns." in text


def test_semicolons_decimal_commas_and_no_header(page_of: Page) -> None:
    text = page_of(b"1,5;2,25\n2,5;3,25\n")
    assert cells(text) == ["1,5", "2,25", "2,5", "3,25"]
    assert "No header line was recognised." in text


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("Ort;Höhe\nZürich;408 m\n".encode("latin-1"), "a guess"),
        ("\ufeffOrt\tHöhe\r\nZürich\t408 m\r\n".encode("utf-16-le"), "1 row, 2 columns."),
    ],
)
def test_encodings(page_of: Page, content: bytes, word: str) -> None:
    text = page_of(content)
    assert (columns(text), cells(text)) == (["Ort", "Höhe"], ["Zürich", "408 m"])
    assert word in text


def test_what_is_cut_is_said(page_of: Page) -> None:
    header = ",".join(f"c{number}" for number in range(60))
    text = page_of("\n".join([*(f"# {number}" for number in range(12)), header, *([",".join(["1"] * 59 + ["x" * 500])] * 30)]).encode())
    assert "30 rows, 60 columns." in text
    assert "The first 25 rows are shown." in text
    assert "The first 50 columns are shown." in text
    assert "12 comment lines, of which the first 10 are shown." in text


def test_a_long_cell_is_cut(page_of: Page) -> None:
    text = page_of(b"a,b\n1," + b"x" * 5000 + b"\n")
    assert f"{'x' * presenting.TABLE_CELL}\u2026" in text
    assert "x" * 201 not in text


def test_a_large_file_says_at_least(page_of: Page) -> None:
    text = page_of(b"a,b\n" + b"1,2\n" * 100_000)
    assert "at least 65,535 rows, 2 columns." in text


def test_an_empty_file(page_of: Page) -> None:
    assert "The file is empty." in page_of(b"")


def test_bidirectional_text_and_nul_are_shown_as_marks(page_of: Page) -> None:
    assert cells(page_of("a,b\n\u202etxt,x\0y\n".encode())) == ["\ufffdtxt", "x\ufffdy"]


def test_the_page_costs_the_same_with_many_outputs(
    run: Run, page_of: Page, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    page_of(b"a,b\n1,2\n")
    for number in range(40):
        output(run, b"a,b\n1,2\n", f"t{number:02}.csv")
        output(run, b"p", f"p{number:02}.png")
        output(run, b"o", f"o{number:02}.txt")
    lead = signed_in("lead")
    with django_assert_max_num_queries(30):
        text = " ".join(lead.get(run.get_absolute_url()).content.decode().split())
    assert text.count("<figure") == presenting.MAX_PICTURES
    assert text.count("<caption") == presenting.MAX_TABLES
    assert f"{121 - presenting.MAX_PICTURES - presenting.MAX_TABLES - presenting.MAX_LINKS} more files are in the" in text
