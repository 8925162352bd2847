"""How many connections send at a time: exactly as many as the settings say, of one person and of all."""

from contextlib import ExitStack
from typing import Any

import pytest

from datalake.uploads.receiving import Gate, TooManySending


def test_one_person_has_as_many_connections_as_may_be_and_not_one_more(settings: Any) -> None:
    settings.UPLOAD_PERSON_CONNECTIONS, settings.UPLOAD_CONNECTIONS = 3, 100
    gate = Gate()
    with ExitStack() as others:
        with ExitStack() as mine:
            for _ in range(3):
                mine.enter_context(gate.passed("ada", None))
            with pytest.raises(TooManySending), gate.passed("ada", None):
                pass
            for _ in range(3):
                others.enter_context(gate.passed("ben", None))  # who is somebody else
        for _ in range(3):
            others.enter_context(gate.passed("ada", None))  # what has ended made room, and what was refused took none
        with pytest.raises(TooManySending), gate.passed("ada", None):
            pass


def test_all_together_have_as_many_connections_as_may_be_and_not_one_more(settings: Any) -> None:
    settings.UPLOAD_PERSON_CONNECTIONS, settings.UPLOAD_CONNECTIONS = 2, 5
    gate = Gate()
    with ExitStack() as stack:
        for number in range(5):
            stack.enter_context(gate.passed(f"person {number}", None))
        with pytest.raises(TooManySending), gate.passed("another", None):
            pass
    with gate.passed("another", None):
        pass
