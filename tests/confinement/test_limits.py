"""A program that takes too much of time, memory, disk or threads is ended within its limits, and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.confinement.confined import confined
from vre_portal.confinement import ChildFailed, scratch

MEGABYTE = 1024 * 1024


def children() -> set[str]:
    """The processes that this one has started and not yet buried."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text().split())
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = children()
    yield
    assert list(folder.iterdir()) == []
    assert children() <= before


ENDLESS = {
    "loop": "while True: pass",
    "loop without the signal": "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
    "loop in C": "sum(range(10**12))",
    "loop in threads": "import threading\ndef turn():\n    while True: pass\n[threading.Thread(target=turn).start() for _ in range(4)]\nturn()",
    "sleep": "import time; time.sleep(600)",
    "wait": "import threading; threading.Event().wait()",
    "read": "os.read(os.pipe()[0], 1)",
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_ended(body: str, tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ChildFailed) as failed:
        confined(body, tmp_path, seconds=3, cpu_seconds=1)
    assert failed.value.kind == "time"
    assert str(failed.value) == "Reading it was stopped: it may take 1 s of computing time, and 3 s in all."
    assert time.monotonic() - begin < 20


ENDS = {
    "bytearray(3 * 1024 ** 3)": "memory",
    "found = []\nwhile True: found.append('x' * 10**6)": "memory",
    "import mmap\nfound = [mmap.mmap(-1, 10**8) for _ in range(40)]": "memory",
    "def deep(n): return [deep(n + 1)]\ndeep(0)": "crash",
    "import ctypes; ctypes.string_at(0)": "crash",
    "os.abort()": "crash",
    "os.kill(os.getpid(), 9)": "memory",
    "os._exit(0)": "answer",
    "os._exit(3)": "crash",
    "sys.exit()": "crash",
    "raise KeyboardInterrupt": "crash",
    "1 / 0": "crash",
    "import no_such_module": "crash",
    "import threading; [threading.Thread(target=threading.Event().wait).start() for _ in range(10_000)]": "crash",
    # As far as the largest number that a process may have: the answer's pipe has a high one where many files are open.
    "os.closerange(0, 1 << 20)": "crash",
}


@pytest.mark.parametrize(("body", "kind"), ENDS.items())
def test_each_end_has_its_kind(body: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined(f"{body}\nreturn {{}}", tmp_path)
    assert failed.value.kind == kind
    assert str(tmp_path) not in str(failed.value)


def test_a_thread_bomb_of_small_stacks_is_ended_while_it_grows(tmp_path: Path, python: Path) -> None:
    body = """
    import threading
    threading.stack_size(32768)
    event = threading.Event()
    while True:
        threading.Thread(target=event.wait, daemon=True).start()
    """
    with pytest.raises(ChildFailed) as failed:
        confined(body, tmp_path, python=python)
    assert failed.value.kind == "memory"


@pytest.mark.parametrize(
    "body",
    [
        "(scratch / 'one').write_bytes(bytes(20 * 1024 * 1024))",
        "for number in range(100): (scratch / str(number)).write_bytes(bytes(1024 * 1024))",
        "for number in range(50_000): (scratch / str(number)).touch()",
        "found = []\nfor number in range(50):\n    found.append(open(scratch / 'x', 'wb'))\n    os.unlink(scratch / 'x')\n    found[-1].write(bytes(4 * 1024 * 1024))",
        "for number in range(2000): os.mkdir('d'); os.chdir('d'); open('f', 'wb').write(bytes(100_000))",
        "os.mkdir('d'); os.chdir('d')\nfor number in range(100): open(str(number), 'wb').write(bytes(1024 * 1024))",
    ],
    ids=["one file", "many files", "empty files", "deleted files", "deep folders", "a folder"],
)
def test_a_disk_filler_is_ended(body: str, tmp_path: Path, python: Path) -> None:
    with pytest.raises(ChildFailed) as failed:
        confined(f"{body}\nimport time; time.sleep(30)", tmp_path, python=python, scratch=8 * MEGABYTE, answer=MEGABYTE)
    assert failed.value.kind == "memory"


def test_what_a_program_writes_is_gone_also_where_it_is_deep_and_closed(tmp_path: Path, python: Path) -> None:
    body = """
    for number in range(1500):
        os.mkdir("d" * 5, 0o300)
        os.chdir("d" * 5)
    os.mkdir("closed", 0)
    return {"deep": 1}
    """
    try:
        confined(body, tmp_path, python=python)
    except ChildFailed as failed:
        assert failed.kind == "memory"  # noqa: PT017 -- where the parent looks before the program ends


def test_removing_a_folder_needs_no_rights_in_it_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folder = tmp_path / "folder"
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "a" / "b" / "c" / "link").symlink_to(outside)
    (folder / "link").symlink_to(outside)
    (folder / "a" / "b" / "file").write_text("x")
    for place in ("a/b/c", "a/b", "a"):
        (folder / place).chmod(0)
    scratch.remove(folder)
    assert not folder.exists()
    assert (outside / "kept").read_text() == "x"


def test_what_a_killed_portal_left_behind_is_removed_later_and_nothing_else(tmp_path: Path) -> None:
    place = Path(tempfile.gettempdir())
    old, new, other = place / f"{scratch.PREFIX}old", place / f"{scratch.PREFIX}new", place / "other"
    for folder in (old, new, other):
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "file").write_text("x")
    link = place / f"{scratch.PREFIX}link"
    link.symlink_to(other)
    for folder in (old, other, link):
        os.utime(folder, (1, 1), follow_symlinks=False)
    scratch.remove_orphans()
    assert sorted(item.name for item in place.iterdir()) == sorted(item.name for item in (new, other, link))
    link.unlink()
    for folder in (new, other):
        scratch.remove(folder)


def test_threads_that_go_on_do_not_hold_the_answer(tmp_path: Path, python: Path) -> None:
    body = """
    import threading, time, atexit
    threading.Thread(target=time.sleep, args=(60,)).start()
    atexit.register(time.sleep, 60)
    return {"answer": "there"}
    """
    assert confined(body, tmp_path, python=python) == {"answer": "there"}


def test_what_is_printed_is_dropped_however_much_it_is(tmp_path: Path, python: Path) -> None:
    body = """
    for stream in (sys.stdout, sys.stderr):
        for number in range(1000):
            stream.write("x" * 100_000)
    os.write(1, b"{}")
    return {"printed": 200_000_000, "read": sys.stdin.read()}
    """
    assert confined(body, tmp_path, python=python) == {"printed": 200_000_000, "read": ""}


def test_a_program_ends_with_the_thread_that_waits_for_it(tmp_path: Path) -> None:
    """As where the portal is killed in the middle."""
    script = tmp_path / "portal.py"
    started = tmp_path / "program"
    started.mkdir()
    (started / "program.py").write_text("import os, time\ndef answer(wish, folder, scratch):\n    time.sleep(60)\n")
    script.write_text(
        "import sys\nsys.path.insert(0, {root!r})\nfrom pathlib import Path\nfrom django.conf import settings\nsettings.configure()\n"
        "from vre_portal.confinement import Limits, run\n"
        "run(Path({program!r}), python=Path(sys.executable), wish={{}}, folder=None, limits=Limits(seconds=60))\n".format(
            root=str(Path(__file__).parents[2]), program=str(started / "program.py")
        )
    )
    parent = subprocess.Popen([sys.executable, str(script)], env={"TMPDIR": str(tmp_path)})
    try:
        end = time.monotonic() + 20
        found: list[str] = []
        while not found and time.monotonic() < end:
            found = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        parent.kill()
        parent.wait()
    end = time.monotonic() + 5
    while Path(f"/proc/{found[0]}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{found[0]}").exists()
    for left in tmp_path.glob(f"{scratch.PREFIX}*"):
        scratch.remove(left)


def test_eight_at_once_all_answer(tmp_path: Path, python: Path) -> None:
    def one(number: int) -> object:
        place = tmp_path / str(number)
        place.mkdir()
        return confined(f"return {{'number': {number}, 'process': os.getpid()}}", place, python=python)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(8)))
    assert [item["number"] for item in found] == list(range(8))  # type: ignore[index]
    assert len({item["process"] for item in found}) == 8  # type: ignore[index]
