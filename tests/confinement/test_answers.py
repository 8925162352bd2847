"""What comes back is checked as text of a stranger: no endless numbers, nothing too large or too deep, nothing that cannot be stored."""

import json
from pathlib import Path

import pytest

from tests.confinement.confined import confined
from vre_portal.confinement import ChildFailed

# Writes to the file of the answer itself, as hostile code would that has taken over the process.
RAW = """
import gc, io
for item in gc.get_objects():
    if isinstance(item, io.TextIOWrapper) and item.fileno() > 2:
        os.write(item.fileno(), {content})
os._exit(0)
"""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"answer": 1, "by": []}',
        b'{"answer": {}}',
        b'{"answer": {}, "by": 5}',
        b'{"answer": {"x": NaN}, "by": []}',
        b'{"answer": {"x": -Infinity}, "by": []}',
        b'{"answer": {"x": 1e999}, "by": []}',
        b'{"answer": {"x": ' + b"9" * 5000 + b'}, "by": []}',
        b'{"answer": {"x": ' + b"[" * 50 + b"]" * 50 + b'}, "by": []}',
        b'{"failed": "answer"}',
        b'{"failed": ["answer"]}',
        b'{"answer": {}, "by": []} {}',
    ],
)
def test_an_answer_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined(RAW.format(content=content), tmp_path)
    assert failed.value.kind in ("answer", "crash")


@pytest.mark.parametrize(
    "content",
    [
        "b'{\"a\":' * 1_000_000",
        "b'[' * 3_000_000",
        "b'{\"answer\": {\"x\": [' + b'[],' * 1_500_000 + b'[]]}, \"by\": []}'",
        "b'{\"answer\": {\"x\": [' + b'1,' * 1_500_000 + b'1]}, \"by\": []}'",
        "b'x' * 9 * 1024 * 1024",
    ],
    ids=["objects", "lists", "empty lists", "numbers", "9 MB"],
)
def test_an_answer_made_to_cost_much_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined(RAW.format(content=content), tmp_path)
    assert failed.value.kind == "answer"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("{'x': 'y' * 9 * 1024 * 1024}", "answer"),
        ("{'x': 'y' * 100 * 1024 * 1024}", "answer"),
        ("{'x': float('nan')}", "answer"),
        ("{'x': float('inf')}", "answer"),
        ("{'x': {1, 2}}", "answer"),
        ("{'x': Path('y')}", "answer"),
        ("None", "answer"),
        ("[]", "answer"),
        ("__import__('functools').reduce(lambda x, _: [x], range(100_000), [])", "answer"),
        ("{'x': __import__('functools').reduce(lambda x, _: [x], range(60), [])}", "answer"),
    ],
)
def test_a_result_that_cannot_be_sent_is_refused(result: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined(f"return {result}", tmp_path)
    assert failed.value.kind == kind


def test_what_no_database_can_hold_is_replaced(tmp_path: Path) -> None:
    found = confined(r"return {'a\0b': ['\ud800', {'n': 'x\0y'}], 'big': 10**30, 'small': 1.5, 'none': None}", tmp_path)
    assert found == {"a\ufffdb": ["?", {"n": "x\ufffdy"}], "big": 10**30, "small": 1.5, "none": None}
    json.dumps(found).encode()


def test_a_large_answer_within_the_limit_comes_whole(tmp_path: Path) -> None:
    found = confined("return {'nodes': [{'name': f'rule{n}', 'inputs': ['a'] * 5, 'command': 'x' * 1000} for n in range(5000)]}", tmp_path)
    assert (len(found["nodes"]), found["nodes"][4999]["name"]) == (5000, "rule4999")


def test_a_failure_is_words_for_a_person_and_details_are_for_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined("raise ValueError('<script>\\nforged line')", tmp_path)
    assert str(failed.value) == "The program that reads it ended unexpectedly."
    assert "forged line" in caplog.text
    assert "\nforged line" not in caplog.text
