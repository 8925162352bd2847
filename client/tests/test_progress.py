"""Progress is shown to those who look, and to nobody else."""

import sys
import types
import zlib
from typing import Any

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import Portal, progress

DATA = b"x" * 1000


def download(server: UnkindServer, portal: Portal, **options: Any) -> None:
    server.says("/api/basket/", basket(item(name="a\x1b.fits", bytes=len(DATA))))
    server.says("/api/data/lake/scope/a\x1b.fits", DATA, X_Checksum_Adler32=f"{zlib.adler32(DATA):x}")
    assert portal.basket()[0].path(**options).stat().st_size == len(DATA)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def test_nothing_in_a_program(server: UnkindServer, portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    download(server, portal)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("terminal")
def test_a_line_on_a_terminal_once(server: UnkindServer, portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    download(server, portal)
    told = capsys.readouterr().err
    assert told.endswith("a\\x1b.fits: 1.0 kB of 1.0 kB (100 %)   \n")
    assert "\x1b" not in told
    download(server, portal)
    download(server, portal, progress=False)
    assert capsys.readouterr().err == ""


def test_tqdm_where_it_is_installed(server: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bar:
        def __init__(self, **options: Any) -> None:
            self.options, self.number, self.is_closed = options, 0, False
            bars.append(self)

        def update(self, number: int) -> None:
            self.number += number

        def close(self) -> None:
            self.is_closed = True

    bars: list[Bar] = []
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    download(server, portal)
    assert [(bar.number, bar.options["total"], bar.is_closed) for bar in bars] == [(1000, 1000, True)]


def test_bytes_that_are_thrown_away_do_not_count() -> None:
    whole = progress.Progress("all", 100)
    one, other = whole.of_one(50), whole.of_one(50)
    one.begin_at(20, 50)
    one.update(30)
    one.restart()
    one.begin_at(0, 50)
    one.update(50)
    other.update(50)
    assert whole.number == 100
