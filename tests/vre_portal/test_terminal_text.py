"""Logs are shown as a terminal would: colours by classes, progress bars as they last stood, nothing hidden and nothing obeyed."""

import time

import pytest

from vre_portal.terminal_text import end_of, html_lines, safe_cut, style_after, text_lines


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("\x1b[31mred\x1b[0m <b>", '<span class="ansi-1">red</span> &lt;b&gt;'),
        ("10%\r20%\r100%", "100%"),
        ("long line\rshort", "shortline"),
        ("abc\r\x1b[Kx", "x"),
        ("ab\x08c", "ac"),
        ("abc\x1b[1Kd\rx", "x  d"),
        ("abcdef\r12\x1b[1K", "  cdef"),
        ("abc\x1b[2Ky\rz\x1b[K", "z"),
        ("abc\x1b[2Ky", "   y"),
        ("Working…\x1b[1G\x1b[2KDone", "Done"),
        ("a\x1b[5Cb", "a     b"),
        ("hello\x1b[1GJ", "Jello"),
        ("hello\x1b[2D\x1b[KLO", "helLO"),
        ("ab\x1b[99D\x1b[Cx", "ax"),
        ("abc\x1b[5Gx\x1b[4G\x1b[1Kd", "   dx"),
        ("\x9b31mred\x9b0m\x9b", '<span class="ansi-1">red</span>'),
        (f"\x1b[{'9' * 20}Gx", " " * 200 + "x"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b[2J\x1b[1;1Hhere", "here"),
        ("\x1b[38;5;196mhot\x1b[38;2;0;255;0mgreen", '<span class="ansi-1">hot</span><span class="ansi-2">green</span>'),
        (
            "\x1b[1;44mboth\x1b[22m one\x1b[49m none",
            '<span class="ansi-bold ansi-on-4">both</span><span class="ansi-on-4"> one</span> none',
        ),
        ("bell\x07 \x00 turn\u202ed", "bell\ufffd \ufffd turn\ufffdd"),
        ("\x1b[99999999999999999999m\x1b[;;m\x1b[38m\x1b[38;5mx", '<span class="ansi-0">x</span>'),
        ('\x1b[31m"><script>', '<span class="ansi-1">&quot;&gt;&lt;script&gt;</span>'),
        ("\rlong text 100%\r\x1b[Jdone", "done"),
        ("\rlong text\r\x1b[0Jdone", "done"),
        ("\x1b[38:2::255:0:0mred\x1b[38:2:0:255:0mgreen", '<span class="ansi-1">red</span><span class="ansi-2">green</span>'),
        ("\x1b[1;38:5:196;44mhot", '<span class="ansi-1 ansi-bold ansi-on-4">hot</span>'),
        ("\x1b[4:3mcurly\x1b[4:0m none", '<span class="ansi-underline">curly</span> none'),
        ("\x1b[38:mx\x1b[:::my", '<span class="ansi-7">x</span>y'),
        ("\x1b[", ""),
        ("", ""),
    ],
)
def test_a_line_as_a_terminal_leaves_it(written: str, html: str) -> None:
    assert list(html_lines(written)) == [html]


def test_colours_go_on_to_the_next_line() -> None:
    assert list(html_lines("\x1b[32mone\ntwo\x1b[0m\nthree\n")) == [
        '<span class="ansi-2">one</span>',
        '<span class="ansi-2">two</span>',
        "three",
    ]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        # Two bars inside each other, as tqdm draws them: the inner one goes back up.
        ("outer 0%\n\rinner 50%\x1b[A\n\rinner 100%\x1b[A\router 100%\n\ndone", ["outer 100%", "inner 100%", "done"]),
        # As rich draws two bars: each time all of it is erased from the last line up.
        ("a 1\nb 1\r\x1b[2K\x1b[1A\x1b[2Ka 2\nb 2", ["a 2", "b 2"]),
        ("a\nb\nc\x1b[2F\x1b[Jd", ["d"]),
        ("one\ntwo\x1b[99Aand", ["oneand", "two"]),
        ("one\ntwo\x1b[A\x1b[Bx", ["one", "twox"]),
        ("one\x1b[9Bx", ["onex"]),
        ("\n".join(map(str, range(60))) + "\x1b[99F!", [*map(str, range(10)), "!0", *map(str, range(11, 60))]),
    ],
)
def test_a_program_writes_lines_again(written: str, lines: list[str]) -> None:
    assert text_lines(written) == lines
    assert list(html_lines(written)) == lines


def test_a_part_of_a_log_keeps_the_number_of_its_lines() -> None:
    assert list(html_lines("a\nb\x1b[Ac\nd", screen=1)) == ["a", "bc", "d"]


def test_the_text_has_the_same_lines_without_colours() -> None:
    assert text_lines("\x1b[32mone\r\nt\x1b[0mwo\n") == ["one", "two"]


@pytest.mark.parametrize(
    "piece",
    [
        "\x1b[1m",
        "\x1b[3",
        "\x1b]0;",
        "a\x1b[1K",
        "\r",
        "\x08a",
        "\x1b[38;5;1mx",
        "x" * 30 + "\x1b[1K",
        "\x1b[9999Gx\n",
        "\n\x1b[A",
        "\n" * 50 + "\x1b[50A\x1b[J",
    ],
)
def test_no_log_takes_long(piece: str) -> None:
    start = time.process_time()
    list(html_lines(piece * (65_536 // len(piece))))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "again",
    [
        "\x1b[1K",
        "\x1b[2Ky",
        "\x1b[2Ky\rz",
        "\x1b[2Ky\x1b[1K",
        "\x1b[1Ka\x08",
        "\x1b[32000Gx\x1b[16000G\x1b[K",
        "\x1b[32000Gx\x1b[1K\x1b[1Gy",
        "\n\x1b[A\x1b[99999G\x1b[By",
    ],
)
def test_erasing_a_long_line_again_and_again_takes_no_longer(again: str) -> None:
    start = time.process_time()
    list(html_lines("x" * 32_000 + again * (32_000 // len(again))))
    assert time.process_time() - start < 2


def test_a_text_is_not_cut_within_a_sequence() -> None:
    text = "abc\x1b[38;5;208mhot\x9b1mbold"
    behind = text.index("hot")
    assert [safe_cut(text, at) for at in range(behind + 2)] == [0, 1, 2, 3, *[behind] * (behind - 4), behind, behind + 1]
    assert ["".join(text_lines(end_of(text, most))) for most in (1, 4, 6, 7, 8)] == ["d", "bold", "bold", "bold", "tbold"]
    assert all("[" not in "".join(html_lines(end_of(text, most))) for most in range(1, len(text)))
    assert end_of(text, 100) == text


def test_a_part_of_a_text_begins_in_the_colours_that_hold_there() -> None:
    style = style_after("\x1b[32mgreen\x1b[1m bold\n")
    assert list(html_lines("on\x1b[0m off", style=style)) == ['<span class="ansi-2 ansi-bold">on</span> off']
    assert style_after("\x1b[0m", style) == {}
    assert style == {"colour": "ansi-2", "bold": "ansi-bold"}
