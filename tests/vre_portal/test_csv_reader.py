"""Tables as CSV files hold them: the words are ours, the oddities are those of files that people really have."""

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vre_portal.csv_reader import CsvTable, read_csv


def table(content: bytes | str, *, max_rows: int = 25, **options: object) -> CsvTable:
    return read_csv(content.encode() if isinstance(content, str) else content, max_rows=max_rows, **options)  # type: ignore[arg-type]


def test_plain_table() -> None:
    found = table("id,ra,dec\n1,83.63,22.01\n2,10.68,41.27\n")
    assert (found.header, found.rows) == (["id", "ra", "dec"], [["1", "83.63", "22.01"], ["2", "10.68", "41.27"]])
    assert (found.row_count, found.is_count_exact, found.column_count, found.delimiter) == (2, True, 3, ",")
    assert (found.encoding, found.is_encoding_guess, found.comments, found.notes) == ("UTF-8", False, [], [])


@pytest.mark.parametrize("first", ["#id,ra,dec", "# id, ra, dec", "#\tid,ra,dec"])
def test_header_begins_with_hash(first: str) -> None:
    found = table(f"{first}\n1,83.63,22.01\n2,10.68,41.27\n3,201.36,-43.02\n")
    assert found.header == ["id", "ra", "dec"]
    assert found.row_count == 3
    assert found.comments == []


def test_comment_as_wide_as_the_table_is_no_header_where_there_is_one() -> None:
    found = table("# made by us, them, others\nid,ra,dec\n1,2,3\n")
    assert (found.header, found.comments) == (["id", "ra", "dec"], ["made by us, them, others"])


def test_header_in_a_comment_over_rows_of_words() -> None:
    found = table("# from a catalogue\n# name;class\nCrab;PWN\nMrk 421;BL Lac\n")
    assert (found.header, found.row_count, found.comments) == (["name", "class"], 2, ["from a catalogue"])


def test_header_in_a_comment_without_rows() -> None:
    found = table("# id,ra,dec\n")
    assert (found.header, found.rows, found.row_count) == (["id", "ra", "dec"], [], 0)


def test_comments_between_rows_are_told() -> None:
    found = table("a,b\n1,2\n# 3,4\n5,6\n")
    assert found.row_count == 2
    assert any("not counted" in note for note in found.notes)


def test_hash_may_begin_every_first_cell() -> None:
    found = table("colour,name\n#ff0000,red\n#00ff00,green\n")
    assert found.rows == [["#ff0000", "red"], ["#00ff00", "green"]]


def test_quoted_line_breaks_and_a_quoted_line_that_begins_with_hash() -> None:
    found = table('id,comment,flux\n1,"first line\nsecond line\n\nfourth",1.0\n2,"plain",2.0\n3,"# not a comment\n# neither",3.0\n')
    assert found.row_count == 3
    assert [row[1] for row in found.rows] == ["first line\nsecond line\n\nfourth", "plain", "# not a comment\n# neither"]
    assert found.comments == []


def test_quoted_header_with_a_line_break() -> None:
    found = table('"flux\n(1/s)",id\n1.5,1\n')
    assert found.header == ["flux\n(1/s)", "id"]


def test_decimal_comma_with_semicolons_and_without_header() -> None:
    found = table("1,5;2,25\n2,5;3,25\n3,5;4,25\n")
    assert (found.header, found.delimiter, found.row_count) == ([], ";", 3)
    assert found.rows[0] == ["1,5", "2,25"]
    assert "No header line was recognised." in found.notes


def test_decimal_comma_with_header() -> None:
    found = table("E;F\n1,5;2,25\n2,5;3,25\n")
    assert (found.header, found.rows[1]) == (["E", "F"], ["2,5", "3,25"])


def test_semicolons_inside_cells_do_not_part_them() -> None:
    assert table("1,a;b,2.5\n2,c;d,3.5\n").delimiter == ","


@pytest.mark.parametrize(("delimiter"), list(",;\t|"))
def test_delimiters(delimiter: str) -> None:
    found = table(f"name{delimiter}value\nx{delimiter}1\n")
    assert (found.delimiter, found.header, found.rows) == (delimiter, ["name", "value"], [["x", "1"]])


def test_blanks_between_numbers_as_numpy_writes_them() -> None:
    found = table("1.000000e+00 2.000000e+00 nan\n -4.0  5.0   6.0 \n7 8 9\n")
    assert (found.header, found.rows) == ([], [["1.000000e+00", "2.000000e+00", "nan"], ["-4.0", "5.0", "6.0"], ["7", "8", "9"]])
    assert "No header line was recognised." in found.notes


@pytest.mark.parametrize("first", ["x x2 x3", "# x x2 x3"])
def test_blanks_between_numbers_with_a_header(first: str) -> None:
    found = table(f"{first}\n0 0 0\n1 1 1\n")
    assert (found.header, found.rows) == (["x", "x2", "x3"], [["0", "0", "0"], ["1", "1", "1"]])


@pytest.mark.parametrize("text", ["object name\nMrk 421\nMrk 501\n", "when\n2024-01-31 10:00\n2024-02-01 11:00\n", "1\n2\n", "a b\n"])
def test_blanks_inside_words_part_nothing(text: str) -> None:
    assert table(text).column_count == 1


def test_delimiter_named_for_excel() -> None:
    found = table("sep=|\r\na,b|c\r\nd,e|1\r\n")
    assert (found.header, found.rows) == (["a,b", "c"], [["d,e", "1"]])


@pytest.mark.parametrize("char", ["\u0085", "\u2028", "\u2029", "\v", "\f", "\x1c"])
def test_characters_that_python_takes_for_line_ends_stay_in_their_cells(char: str) -> None:
    found = table(f"id,text\n1,before{char}after\n2,x\n")
    assert (found.row_count, found.rows[0][1]) == (2, f"before{char}after")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    found = table(end.join(["a,b", "1,2", '3,"4"', ""]))
    assert (found.header, found.rows) == (["a", "b"], [["1", "2"], ["3", "4"]])


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", codecs.BOM_UTF8, "UTF-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "UTF-32"),
    ],
)
def test_marked_encodings(codec: str, mark: bytes, name: str) -> None:
    found = table(mark + "name\tvalue\nMünchen\t1\nΩ\t2\n".encode(codec))
    assert (found.header, found.rows, found.encoding) == (["name", "value"], [["München", "1"], ["Ω", "2"]], name)
    assert (found.is_encoding_guess, found.notes) == (False, [])


@pytest.mark.parametrize(
    ("codec", "text", "name"),
    [
        ("latin-1", "Ort;Höhe;Straße\nZürich;408 m;Römistraße\n", "Windows-1252"),
        ("cp1252", "name;price\n“Bäcker” – 10 €;5\n", "Windows-1252"),
        ("latin-1", "angle (°);t (µs)\n1;2\n", "Windows-1252"),
        ("latin-1", "name;x\nM\x81\u00fc;1\n", "Latin-1 (ISO 8859-1)"),
        ("utf-16-le", "name;x\nZürich;1\n", "UTF-16"),
    ],
)
def test_guessed_encodings(codec: str, text: str, name: str) -> None:
    found = table(text.encode(codec))
    lines = [line.split(";") for line in text.splitlines()]
    assert ([found.header, *found.rows], found.encoding, found.is_encoding_guess) == (lines, name, True)
    assert name in found.notes[0]
    assert "guess" in found.notes[0]


def test_one_broken_byte_does_not_make_another_encoding_of_it() -> None:
    found = table("name,x\nαβγ,1\n".encode() + b"\xff,2\n")
    assert (found.encoding, found.rows) == ("UTF-8", [["αβγ", "1"], ["\ufffd", "2"]])
    assert found.notes[0].startswith("1 place is not valid UTF-8")


def test_nul_characters_are_shown_and_told() -> None:
    found = table(b"a,b\n1,x\0y\n")
    assert found.rows == [["1", "x\ufffdy"]]
    assert "1 NUL character" in found.notes[0]


def test_ragged_rows_are_kept_and_counted() -> None:
    found = table("a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert found.header == ["a", "b", ""]
    assert found.rows == [["1", "2", ""], ["3", "", ""], ["4", "5", "6"], ["7", "8", ""]]
    assert "2 of 4 rows have more or fewer than 2 cells." in found.notes


def test_very_long_cell() -> None:
    found = table(f"a,b\n1,{'x' * 500_000}\n2,y\n")
    assert [len(row[1]) for row in found.rows] == [500_000, 1]


@pytest.mark.parametrize("content", ["", "\n\n\n", "\ufeff"])
def test_empty(content: str) -> None:
    found = table(content)
    assert (found.header, found.rows, found.row_count, found.column_count, found.is_count_exact) == ([], [], 0, 0, True)


def test_header_alone() -> None:
    found = table("a,b,c\n")
    assert (found.header, found.row_count) == (["a", "b", "c"], 0)


def test_one_row_of_numbers_is_no_header() -> None:
    found = table("1.5,2\n")
    assert (found.header, found.rows) == ([], [["1.5", "2"]])


def test_index_column_without_a_name() -> None:
    found = table(",x,y\n0,1,2\n1,3,4\n")
    assert (found.header, found.row_count) == (["", "x", "y"], 2)


def test_one_column() -> None:
    found = table("flux\n1.5\n2.5\n")
    assert (found.header, found.rows, found.column_count) == (["flux"], [["1.5"], ["2.5"]], 1)


def test_count_goes_beyond_the_rows_that_are_given() -> None:
    lines = "".join(f"{number},{number}\n" for number in range(1000))
    found = table(f"a,b\n{lines}", max_rows=3)
    assert (len(found.rows), found.row_count, found.row_count_text) == (3, 1000, "1,000")


def test_cut_file_says_at_least_and_leaves_out_the_row_that_is_cut() -> None:
    whole = "a,b\n" + "".join(f'{number},"two\nlines {number}"\n' for number in range(1000))
    for cut in range(60, 100):
        found = table(whole, max_bytes=cut)
        assert not found.is_count_exact
        assert found.row_count_text.startswith("at least ")
        assert found.row_count == len(found.rows)
        assert all(row == [str(number), f"two\nlines {number}"] for number, row in enumerate(found.rows))


def test_beginning_of_a_file() -> None:
    found = table("a,b\n1,2\n3,4", is_whole=False)
    assert (found.row_count_text, found.rows) == ("at least 1", [["1", "2"]])


def test_first_row_longer_than_what_is_read() -> None:
    found = table("x" * 100, max_bytes=50)
    assert (found.row_count, found.notes) == (0, ["The first row is too long to be shown."])


def test_quotation_mark_that_is_never_closed_is_told() -> None:
    found = table('a,b\n1,"open\n2,3\n')
    assert found.row_count == 1
    assert any("never closed" in note for note in found.notes)


def test_file_object() -> None:
    assert read_csv(io.BytesIO(b"a,b\n1,2\n"), max_rows=5).rows == [["1", "2"]]


def test_the_process_keeps_its_larger_limit() -> None:
    csv.field_size_limit(50_000_000)
    table("a\n1\n")
    assert csv.field_size_limit() == 50_000_000


@given(
    st.one_of(st.binary(max_size=300), st.text(alphabet='ab1.,;\t|#"\r\n\0 é=sep', max_size=200).map(str.encode)),
    st.booleans(),
    st.integers(0, 5),
)
def test_whatever_it_is_given_it_answers_with_a_table(content: bytes, is_whole: bool, max_rows: int) -> None:
    found = read_csv(content, max_rows=max_rows, is_whole=is_whole)
    assert {len(row) for row in found.rows} <= {found.column_count}
    assert len(found.header) in (0, found.column_count)
    assert len(found.rows) == min(found.row_count, max_rows)
