"""Whether programs are isolated is found by trying; where what is required is missing, none is run."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.confinement import confined
from vre_portal.confinement import ChildFailed, Isolation, isolation, probing

ROOT = Path(__file__).parents[2]
AS_SOMEBODY = """
import os, sys
sys.path.insert(0, {path!r})
from django.conf import settings
settings.configure()
from vre_portal.confinement import isolation
assert os.getuid() == 65534
print(isolation())
"""


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_known", None)


def with_python(monkeypatch: pytest.MonkeyPatch, python: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(python))


def test_programs_are_isolated_here() -> None:
    found = isolation()
    assert (found.ok, found.why_not) == (True, "")
    assert found.by[:2] == ("Landlock", "seccomp")


def test_it_is_tried_once_and_then_known(monkeypatch: pytest.MonkeyPatch) -> None:
    first = isolation()
    with_python(monkeypatch, Path("/no/such/python"))
    begin = time.perf_counter()
    assert isolation() is first
    assert time.perf_counter() - begin < 0.01


def test_a_container_that_refuses_namespaces_isolates_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_python(monkeypatch, confined.python_without(tmp_path, confined.UNSHARE, errno.EPERM))
    assert isolation() == Isolation(True, ("Landlock", "seccomp"), "")


def test_a_system_that_refuses_mounts_still_takes_the_network_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "network namespace" not in isolation().by:
        pytest.skip("this system refuses namespaces")
    monkeypatch.setattr(probing, "_known", None)
    with_python(monkeypatch, confined.python_without(tmp_path, confined.MOUNT, errno.EACCES))
    assert isolation() == Isolation(True, ("Landlock", "seccomp", "network namespace"), "")


MISSING = {
    "no Landlock": ((confined.LANDLOCK, errno.ENOSYS), "Landlock"),
    "Landlock switched off": ((confined.LANDLOCK, errno.EOPNOTSUPP), "Landlock"),
    "no Landlock rules": ((445, errno.EPERM), "Landlock"),
    "Landlock cannot be entered": ((446, errno.EPERM), "Landlock"),
    "no seccomp": ((confined.PRCTL, errno.EINVAL, confined.PR_SET_SECCOMP), "seccomp"),
}


@pytest.mark.parametrize(("refused", "word"), MISSING.values(), ids=MISSING)
def test_without_what_is_required_nothing_is_run(
    refused: tuple[int, ...], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = confined.python_without(tmp_path, *refused)
    with pytest.raises(ChildFailed) as failed:
        confined.confined("return {'ran': 1}", tmp_path, python=python)
    assert failed.value.kind == "not isolated"
    assert word in str(failed.value)
    with_python(monkeypatch, python)
    found = isolation()
    assert (found.ok, found.by, found.why_not) == (False, (), str(failed.value))
    with_python(monkeypatch, confined.PYTHON)
    assert isolation() is found  # what a system lacks, it lacks until the next start


def test_a_processor_that_nobody_knows_is_not_isolated(tmp_path: Path) -> None:
    python = confined.starting(tmp_path, "libc.personality(8)")  # the kernel then calls itself a 32-bit one
    with pytest.raises(ChildFailed) as failed:
        confined.confined("return {'ran': 1}", tmp_path, python=python)
    assert (failed.value.kind, "x86_64" in str(failed.value)) == ("not isolated", True)


def test_a_failure_of_the_moment_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for python in (Path("/no/such/python"), confined.starting(tmp_path, "raise MemoryError")):
        with_python(monkeypatch, python)
        assert isolation().ok is False
    with_python(monkeypatch, confined.PYTHON)
    assert isolation().ok is True


def test_a_probe_that_could_do_something_is_no_isolation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "probe.py"
    program.write_text("def answer(wish, folder, scratch):\n    return {'could': ['read a file'], 'kept': True}\n")
    monkeypatch.setattr(probing, "PROBE", program)
    assert isolation().ok is False


def test_the_probe_notices_all_that_is_possible_outside(tmp_path: Path) -> None:
    code = f"""
import json, os, runpy
from pathlib import Path
found = runpy.run_path({str(probing.PROBE)!r})
found["answer"].__globals__["os"].execv = lambda *_: None  # this process is still needed
print(json.dumps(found["answer"]({{"outside": {str(tmp_path / "outside")!r}}}, None, Path({str(tmp_path)!r}))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        '{"could": ["read a file", "read the environment", "write a file", "open a socket", "start a process", "run a program", "signal another"], "kept": true}'
    )


@pytest.mark.skipif(os.getuid() != 0, reason="all other tests run as an ordinary user already")
def test_an_ordinary_user_has_the_same_isolation() -> None:
    """In a mount namespace in which the home of root, where Python or the project may be, is open to everybody as far as they need it."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system refuses namespaces")
    home, needed = Path.home(), [place for place in (Path(sys.base_prefix), Path(sys.prefix), ROOT) if place.is_relative_to(Path.home())]
    commands = [
        "umask 022",
        "mount -t tmpfs none /mnt",
        *(f"mkdir /mnt/{number} && mount --bind {place} /mnt/{number}" for number, place in enumerate(needed)),
        f"mount -t tmpfs -o mode=755 none {home}",
        *(f"mkdir -p {place} && mount --bind /mnt/{number} {place}" for number, place in enumerate(needed)),
        f'exec setpriv --reuid 65534 --regid 65534 --clear-groups {sys.executable} -c "$0"',
    ]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", " && ".join(commands), AS_SOMEBODY.format(path=str(ROOT))],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert done.stdout == f"{isolation()}\n", done.stderr


BARE = sorted({Path(sys.base_prefix) / "bin" / "python3", *Path(sys.base_prefix).parent.glob("3.1[2-9].*/bin/python3")})


@pytest.mark.parametrize("python", BARE, ids=str)
def test_a_bare_python_of_any_version_runs_programs(python: Path, tmp_path: Path) -> None:
    """What is in the child needs no package; versions beside that of the tests are tried where they are installed."""
    found: dict[str, Any] = confined.confined("import sqlite3, ssl\nreturn {'prefix': sys.prefix}", tmp_path, python=python)
    assert Path(found["prefix"]).samefile(python.parents[1])
