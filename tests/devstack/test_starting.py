"""The stack starts where strangers start it: in closed and oddly named folders, beside a clone that nothing may be written to."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from devstack import folders
from tests.devstack.clones import Clone, clone, interrupt

pytestmark = pytest.mark.rare(group="lifecycle")
NAMES = {
    "space": "my clone",
    "quotes": 'it\'s "mine"',
    "umlaut": "Jürgens Äste",
    "signs": "50% #1 ;x $HOME `id` {a}",
    "long": "x" * 120,
}
AS_ROOT = os.geteuid() == 0
# Asked as another user: which files below the folders can be read, which folders be listed.
LOOK = """
import os, sys
for top in sys.argv[1:]:
    for path, folders, files in os.walk(top):
        for name in files:
            full = os.path.join(path, name)
            if "/server/" not in full and os.access(full, os.R_OK):
                print(full)
"""


def modes(folder: Path) -> dict[Path, int]:
    return {place: stat.S_IMODE(place.stat().st_mode) for place in (folder, *folder.parents)}


def elsewhere(made: Clone) -> list[Path]:
    """What the stack keeps outside its state."""
    return [folder for folder in (folders.postgres_dir(made.state), folders.runtime_dir(made.state)) if folder.exists()]


def test_it_starts_in_a_closed_folder_and_opens_none_above(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    before = modes(home)
    with clone(home / "vre") as made:
        interrupt(made.up())
        assert "Traceback" not in made.log("postgres")
        interrupt(made.up())  # the second time there are data already
        assert modes(home) == before
        assert elsewhere(made) != [] or not AS_ROOT
        assert made.run("clean")[0] == 0
        assert (made.state.exists(), elsewhere(made)) == (False, [])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_it_starts_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    with clone(tmp_path / name / "vre") as made:
        process = made.up()
        assert made.sql("select 1 + 1") == "2"
        assert (made.state / "redis" / "appendonly.aof").exists()
        interrupt(process)


def test_nothing_is_written_into_the_clone_where_the_state_is_elsewhere(tmp_path: Path) -> None:
    with clone(tmp_path / "vre", STACK_STATE=str(tmp_path / "state"), STACK_ENVS=str(tmp_path / "envs")) as made:
        before = set(made.folder.rglob("*"))
        for folder in (made.folder, *(path for path in before if path.is_dir())):
            folder.chmod(0o500)
        interrupt(made.up())
        assert {path for path in set(made.folder.rglob("*")) - before if "__pycache__" not in path.parts} == set()


def test_neither_git_nor_a_python_on_the_path_is_needed(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "cat", "cksum", "cut", "dirname"):
        (programs / name).symlink_to(str(shutil.which(name)))
    with clone(tmp_path / "vre", PATH=str(programs)) as made:
        interrupt(made.up())
        shutil.rmtree(made.envs / "runner")
        assert made.run("status")[0] == 3, "without the runner's environment the Python that is named does"
        shutil.copytree(made.envs / "postgres", made.envs / "runner", symlinks=True)  # so that the end of the test can stop it
        shutil.rmtree(made.envs / "runner")
        made.variables["PYTHON"] = "/nonexistent/python"
        code, text = made.run("status")
        assert (code, "PYTHON=/nonexistent/python is not a Python 3.12 or 3.13" in text) == (1, True)
        made.variables["PYTHON"] = sys.executable
        made.run("clean")


@pytest.mark.skipif(not AS_ROOT, reason="only root can ask as another user")
def test_another_user_of_the_machine_reads_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/") and not folder.stat().st_mode & stat.S_ISVTX:
            folder.chmod(0o755)  # the test's own folders: the stack is to be closed by itself
    with clone(tmp_path / "vre") as made:
        made.state.mkdir(parents=True)
        made.state.chmod(0o755)  # as earlier versions left it
        process = made.up()
        nobody = pwd.getpwnam("nobody")
        tops = [str(made.state), *map(str, elsewhere(made))]
        found = subprocess.run(
            ["/usr/bin/env", "python3", "-c", LOOK, *tops] if shutil.which("python3", path=os.defpath) else [sys.executable, "-c", LOOK, *tops],
            user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], env={"PATH": os.defpath}, cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (found.returncode, found.stdout) == (0, "")
        open_to_others = [path for path in (made.state, *made.state.rglob("*")) if path.lstat().st_mode & 0o077 and not path.is_symlink()]
        assert open_to_others == []
        interrupt(process)


@pytest.mark.skipif(AS_ROOT, reason="the same as an ordinary user sees it")
def test_the_state_is_closed_to_other_users(tmp_path: Path) -> None:
    with clone(tmp_path / "vre") as made:
        made.state.mkdir(parents=True)
        made.state.chmod(0o755)
        process = made.up()
        paths = (made.state, *made.state.rglob("*"))
        assert [path for path in paths if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []
        interrupt(process)


def postmaster(made: Clone) -> int:
    """The number of PostgreSQL's main process."""
    return int(made.sql("select pg_read_file('postmaster.pid')").splitlines()[0])


@pytest.mark.skipif(not AS_ROOT, reason="only root gives up rights")
def test_postgresql_keeps_nothing_of_root(tmp_path: Path) -> None:
    with clone(tmp_path / "vre") as made:
        process = made.up()
        facts = dict(line.split(":", 1) for line in Path(f"/proc/{postmaster(made)}/status").read_text().splitlines() if ":" in line)
        numbers = {*facts["Uid"].split(), *facts["Gid"].split(), *facts["Groups"].split()}
        interrupt(process)
    assert "0" not in numbers
    assert len(numbers) == 1
    with pytest.raises(KeyError):
        pwd.getpwuid(int(numbers.pop()))


@pytest.mark.skipif(not AS_ROOT, reason="earlier versions kept root's database in the state")
def test_a_state_of_an_earlier_version_keeps_its_data(tmp_path: Path) -> None:
    with clone(tmp_path / "vre") as made:
        process = made.up()
        made.sql("create table kept as select 42 as answer")
        home = Path(made.sql("show data_directory")).parent
        interrupt(process)
        shutil.move(home / "data", made.state / "postgres" / "data")
        (made.state / "postgres" / "place").unlink()
        shutil.rmtree(home)
        interrupt_after = made.up()
        assert made.sql("select answer from kept") == "42"
        assert not (made.state / "postgres" / "data").exists()
        interrupt(interrupt_after)


@pytest.mark.skipif(not AS_ROOT, reason="only root's database lies outside the state")
def test_a_database_that_is_gone_is_not_made_anew_in_silence(tmp_path: Path) -> None:
    with clone(tmp_path / "vre") as made:
        process = made.up()
        home = Path(made.sql("show data_directory")).parent
        interrupt(process)
        shutil.rmtree(home)
        code, text = made.run("up", "--only", "postgres,redis")
    assert code == 1
    assert "The database of this stack is gone" in text
    assert "make clean" in text
    assert "Traceback" not in text


@pytest.mark.skipif(not AS_ROOT, reason="only root's database lies outside the state")
def test_a_state_that_was_deleted_by_hand_begins_with_an_empty_database(tmp_path: Path) -> None:
    with clone(tmp_path / "vre") as made:
        process = made.up()
        made.sql("create table kept as select 42 as answer")
        interrupt(process)
        shutil.rmtree(made.state)
        again = made.up()
        assert made.sql("select to_regclass('kept') is null") == "t"
        assert "had a database of another stack" in made.log("postgres")
        home = Path(made.sql("show data_directory")).parent
        interrupt(again)
        assert [kept for kept in home.glob("data-*") if (kept / "PG_VERSION").exists()]
