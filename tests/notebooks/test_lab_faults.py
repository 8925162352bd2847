"""JupyterLab that is missing, ends at once or finds its port taken: told in words, at once, by a real hub."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.notebooks.conftest import opened
from tests.notebooks.own_hub import OwnHub
from vre_portal.iam.models import User

Somebody = Callable[..., tuple[User, str]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def taken(own_hub: OwnHub) -> Iterator[int]:
    """A port that another program holds, which takes connections and says nothing; the hub tries it first."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        file = own_hub.folder / "taken-port"
        file.write_text(str(port))
        yield port
        file.unlink()


def test_a_missing_program_is_named(somebody: Somebody) -> None:
    person, _ = somebody("no-lab")
    session = opened(person, "no-lab")
    assert session.state == "failed"
    assert "no-such-program" in session.message
    assert "make run" in session.message
    assert "Internal Server Error" not in session.message


def test_one_that_ends_at_once_is_told_at_once(somebody: Somebody) -> None:
    person, _ = somebody("bad-lab")
    begin = time.monotonic()
    session = opened(person, "bad-lab")
    assert session.state == "failed"
    assert "status 1" in session.message
    assert time.monotonic() - begin < 20


def test_a_port_that_is_taken_is_left_for_another(taken: int, somebody: Somebody) -> None:
    person, _ = somebody("real-lab")
    session = opened(person, "real-lab")
    assert session.state == "ready", session.message
