"""One person's heavy files cost that person's previews and nobody else's; what went wrong for the moment is not remembered."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.core.cache import cache

from datalake import rucio
from datalake.files import preview_places, preview_process, previews
from datalake.files.preview_places import ALL, MINE, NoPlace, child_place, reader_place, reader_slot
from datalake.files.preview_process import TIMED_OUT, ChildStopped
from datalake.reads.credentials import PersonCredentials
from tests.datalake.files.test_previews import as_notebook, made
from vre_portal import slots
from vre_portal.cache import ForgetfulCache
from vre_portal.services import ServiceKind, service

# Each costs a reader without bounds many seconds.
ALIASES = "\n".join(
    ["# %ECSV 1.0", "# ---", "# datatype:", "# - {name: a, datatype: float64}", "# meta:", "#   a0: &a0 [x,x,x,x,x,x,x,x,x]"]
)
ALIASES += "".join(f"\n#   a{level + 1}: &a{level + 1} [{','.join([f'*a{level}'] * 9)}]" for level in range(8)) + "\na\n1.0\n"
WORDS = "|a" * 50 + "|\n" + "|-" * 50 + "|\n" + ("|*x" * 50 + "|\n") * 120
HEAVY = as_notebook(*({"cell_type": "markdown", "source": WORDS} for _ in range(58)))
JSON_CELLS = (
    '# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: string, subtype: "float64[null]"}\na\n'
    + ('"' + "[" * 60 + "]" * 60 + '"\n') * 3000
)


@pytest.fixture(autouse=True)
def free_places() -> Iterator[None]:
    yield
    assert not [name for name in slots._taken if name.startswith("preview")]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A lake whose files hold what the test says, by their names; everything after the bytes is real."""
    contents: dict[str, bytes] = {}
    monkeypatch.setattr(previews.streaming, "pieces", lambda _lake, _token, file, *_: iter([contents[file.name]]))

    def preview(name: str, content: bytes, reader: str = "person:1", adler32: str | None = "00000001") -> previews.Preview:
        contents[name] = content
        file = rucio.Did(f"s{time.time_ns() if adler32 is None else ''}", name, "FILE", len(content), adler32=adler32)
        return previews.make(service(ServiceKind.RUCIO, "escape"), PersonCredentials(""), file, reader=reader)

    return preview


def cpu_of_children() -> float:
    used = os.times()
    return used.children_user + used.children_system


@pytest.mark.parametrize(
    ("kind", "content"),
    [("table", ALIASES.encode()), ("notebook", HEAVY), ("table", JSON_CELLS.encode()), ("notebook", b'{"cells":' + b"[" * 500_000)],
)
def test_a_hostile_file_costs_a_few_seconds_and_is_one_sentence_or_a_part(kind: str, content: bytes) -> None:
    begin = cpu_of_children()
    with suppress(ChildStopped):  # its time was over
        preview = made(kind, content)
        assert preview.error or preview.sections
    assert cpu_of_children() - begin < 9  # with the libraries


def test_words_that_take_too_long_to_lay_out_are_shown_as_written() -> None:
    parts = made("notebook", HEAVY).sections
    assert len(parts) == 58
    assert "its source is shown" in parts[-1]["note"]


def test_aliases_that_are_few_are_followed() -> None:
    header = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: float64}\n# meta: {unit: &u {of: deg}, again: *u}\na\n1.5\n"
    assert made("table", header.encode()).sections[0]["rows"] == [["1.5"]]
    deep = "# %ECSV 1.0\n# ---\n# meta: " + "[" * 60 + "]" * 60 + "\na\n1\n"
    assert "nested more than 50 levels" in made("table", deep.encode()).error


@pytest.mark.parametrize(("mark", "instead"), [("\n# ", "\n# "), ("\n# ", "\n#"), ("\n# ", "\n # "), ("\n# ", "\n\t#")])
def test_aliases_that_are_many_are_refused_however_the_header_is_marked(mark: str, instead: str) -> None:
    """astropy takes a "#" with or without blanks around it, so the header is cut out as it does."""
    assert "with all aliases expanded" in made("table", ALIASES.replace(mark, instead).encode()).error


def spinning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children that compute for ever, as a file would make them do that no bound knows of; their real limits hold."""
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from datalake.files.preview_child import limits; limits.lock_down(); limits.limit_reading()\n"
        "if b'heavy' in sys.stdin.buffer.read():\n    while True: pass\n"
        "print('{\"sections\": []}')\n"
    )
    real = preview_process.subprocess.run
    monkeypatch.setattr(preview_process.subprocess, "run", lambda words, **more: real([words[0], "-c", script], **more))


def test_two_heavy_files_of_one_person_leave_the_places_of_others_alone(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spinning(monkeypatch)
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 2)
    with ThreadPoolExecutor(4) as threads:
        heavy = [threads.submit(lake, f"{time.time_ns()}-{number}.txt", b"heavy", "person:hostile") for number in range(3)]
        time.sleep(0.5)
        assert lake(f"{time.time_ns()}.txt", b"light", "person:other").error == ""
        assert not all(each.done() for each in heavy)  # the other person has not waited for the heavy one
        errors = sorted(each.result().error for each in heavy)
    assert errors.count(MINE) == 2
    assert errors.count(TIMED_OUT) == 1
    assert all(each.result().can_retry for each in heavy)


@pytest.mark.integration("redis")
def test_what_timed_out_is_not_remembered(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{time.time_ns()}.txt"
    with monkeypatch.context() as patched:
        patched.setattr(preview_process, "TIMEOUT_SECONDS", 0.01)
        first = lake(name, b"words")
    assert (first.error, first.can_retry) == (TIMED_OUT, True)
    second = lake(name, b"words")
    assert (second.error, second.sections[0]["text"]) == ("", "words")
    assert second.is_kept


def test_a_child_that_is_killed_is_not_remembered(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name, real = f"{time.time_ns()}.txt", preview_process.subprocess.run
    kill = f"import os, signal; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    with monkeypatch.context() as patched:
        patched.setattr(preview_process.subprocess, "run", lambda words, **more: real([words[0], "-c", kill], **more))
        first = lake(name, b"words")
    assert "memory" in first.error
    assert first.can_retry
    assert lake(name, b"words").error == ""


@pytest.mark.integration("redis")
def test_what_a_file_is_is_remembered(lake: Any) -> None:
    name = f"{time.time_ns()}.txt"
    assert not lake(name, b"\0" * 5).can_retry
    assert lake(name, b"words").error == "No preview available. This is not a text file."  # by the same checksum it is the same file


def test_without_a_checksum_nothing_is_kept_and_pictures_are_in_the_page(lake: Any) -> None:
    name = f"{time.time_ns()}.txt"
    assert not lake(name, b"one", adler32=None).is_kept
    assert lake(name, b"two", adler32=None).sections[0]["text"] == "two"


def test_an_empty_file_needs_no_child_and_one_without_a_size_is_said(lake: Any) -> None:
    assert lake("a.fits", b"").error == "The file is empty."
    file = rucio.Did("s", "a.txt", "FILE", None)
    assert "size" in previews.make(service(ServiceKind.RUCIO, "escape"), PersonCredentials(""), file, reader="person:1").error


@pytest.mark.timed
def test_one_more_request_waits_and_the_next_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 5)
    order: list[str] = []

    def hold() -> None:
        with reader_place("person:2"):
            order.append("second")

    with reader_place("person:2"):
        waiting = threading.Thread(target=hold)
        waiting.start()
        time.sleep(0.3)
        begin = time.monotonic()
        with pytest.raises(NoPlace, match="Another preview of yours"), reader_place("person:2"):
            pass
        assert time.monotonic() - begin < 1
        with reader_place("person:3"):
            order.append("other")
    waiting.join(timeout=5)
    assert order == ["other", "second"]


def test_all_places_taken_is_said_without_blaming_the_lake(monkeypatch: pytest.MonkeyPatch, lake: Any) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 0.1)
    places = [child_place() for _ in range(preview_places.CHILDREN)]
    for place in places:
        place.__enter__()
    try:
        preview = lake(f"{time.time_ns()}.txt", b"words")
    finally:
        for place in places:
            place.__exit__(None, None, None)
    assert (preview.error, preview.can_retry) == (ALL, True)


@pytest.mark.integration("redis")
def test_a_place_counts_in_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 0.3)
    reader = f"person:{time.time_ns()}"
    with reader_place(reader):
        with slots._changed:
            del slots._taken[reader_slot(reader)]  # what another process knows of this one: nothing
        with pytest.raises(NoPlace), reader_place(reader):
            pass
    with reader_place(reader):
        pass
    key = f"slot:{reader_slot(reader)}:0"
    cache.set(key, "of another process", 30)
    with pytest.raises(NoPlace), reader_place(reader):
        pass
    assert cache.get(key) == "of another process"  # a place that was never ours is not given back
    cache.delete(key)


def test_while_the_cache_is_away_each_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_places, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(slots, "cache", ForgetfulCache("redis://127.0.0.1:1/0", {}))
    with reader_place("person:5"), pytest.raises(NoPlace), reader_place("person:5"):
        pass
    with reader_place("person:5"):
        pass


@pytest.mark.parametrize("kind", ["picture", "parquet", "hdf5", "root"])
def test_what_cannot_be_read_is_said_without_a_name_of_python(kind: str) -> None:
    words = made(kind, b"\x89PNG\r\n\x1a\n" + b"x" * 999).error
    assert words.startswith("No preview available. ")
    assert "Error" not in words
    assert "Exception" not in words
