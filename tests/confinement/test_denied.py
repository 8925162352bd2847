"""What a confined program tries and cannot do: each is denied, and nothing of it happens."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.confinement.confined import MACHINE, PYTHON, confined
from vre_portal import confinement
from vre_portal.confinement import ChildFailed

TRY = """
import ctypes, multiprocessing, resource, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "denied")
parent = os.getppid()
could = []
for line in wish["lines"]:
    try:
        exec(line)
    except Exception:
        pass
    else:
        could.append(line)
return {"could": could}
"""
READING = """
open("/etc/passwd")
open("/etc/hostname")
open(wish["secret"])
os.open(wish["secret"], os.O_RDONLY)
os.listdir("/")
os.listdir("/tmp")
os.listdir(Path(wish["secret"]).parent)
open(f"/proc/{parent}/environ")
open(f"/proc/{parent}/cmdline")
open(f"/proc/{parent}/mem")
open("/proc/self/environ")
open("/proc/self/maps")
os.listdir("/proc")
os.readlink(f"/proc/{parent}/cwd")
open("/sys/kernel/mm/transparent_hugepage/enabled")
os.symlink(wish["secret"], scratch / "symlink")
os.link(wish["secret"], scratch / "link")
os.rename(wish["secret"], scratch / "renamed")
os.getxattr(wish["secret"], "user.x")
"""
WRITING = """
open(wish["outside"], "w")
open(wish["secret"], "a")
os.open(wish["secret"], os.O_RDONLY | os.O_TRUNC)
os.truncate(wish["secret"], 0)
os.unlink(wish["secret"])
os.rename(wish["secret"], wish["outside"])
os.rename(scratch, wish["outside"])
os.mkdir(wish["outside"])
os.mkfifo(scratch / "fifo")
os.mknod(scratch / "device", 0o20600, os.makedev(1, 1))
os.setxattr(wish["secret"], "user.x", b"x")
os.utime(wish["secret"])
open(__file__, "a")
open(Path(sys.prefix) / "written", "w")
"""
REACHING = """
socket.create_connection(("127.0.0.1", wish["port"]), 1)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", wish["port"]))
socket.socket(socket.AF_INET6)
socket.socket(socket.AF_UNIX).connect(wish["unix"])
socket.socket(socket.AF_UNIX).connect("\\0" + wish["abstract"])
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
socket.socketpair()[0].sendto(b"x", wish["unix"])
socket.socketpair()[0].connect(wish["unix"])
socket.socketpair()[0].sendmsg([b"x"])
"""
STARTING = """
os.fork()
os.forkpty()
subprocess.run(["/bin/true"])
subprocess.run([sys.executable, "-c", ""])
os.posix_spawn("/bin/true", ["true"], {})
os.execv("/bin/true", ["true"])
os.popen("true").close() and None
assert os.system("true") == 0
multiprocessing.Process(target=print).start()
os.unshare(os.CLONE_NEWUSER)
os.unshare(os.CLONE_NEWNS)
os.setns(0, 0)
os.chroot(scratch)
os.setsid()
os.memfd_create("x")
os.pidfd_open(os.getpid())
call(435, 0, 0)
call(425, 1, 0)
"""
OTHERS = """
os.kill(parent, 0)
os.kill(parent, 9)
os.kill(-1, 0)
os.kill(0, 0)
os.killpg(os.getpgid(parent), 0)
resource.prlimit(parent, resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))
os.setpriority(os.PRIO_PROCESS, parent, 5)
os.sched_setaffinity(parent, {0})
os.setuid(65534)
import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, parent)
import fcntl; fcntl.ioctl(0, 0x5412, b"x")
call(wish["ptrace"], 16, parent, 0, 0)
call(wish["process_vm_readv"], parent, 0, 0, 0, 0, 0)
call(wish["prctl"], 1, 0)
call(wish["shmget"], 1, 4096, 0o1600)
call(wish["keyctl"], 0, -3, 0)
call(wish["bpf"], 0, 0, 0)
"""
NUMBERS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310, "prctl": 157, "shmget": 29, "keyctl": 250, "bpf": 321},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270, "prctl": 167, "shmget": 194, "keyctl": 219, "bpf": 280},
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: Any) -> Iterator[dict[str, Any]]:
    """What a program would like to reach: a secret file, and servers of this machine."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    secret.chmod(0o640)
    os.utime(secret, (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix, socket.socket(socket.AF_UNIX) as abstract:
        unix.bind(str(tmp_path / "unix"))
        unix.listen()
        abstract.bind(f"\0vre-{os.getpid()}")
        abstract.listen()
        yield {
            "secret": str(secret),
            "outside": str(tmp_path / "outside"),
            "port": tcp.getsockname()[1],
            "unix": str(tmp_path / "unix"),
            "abstract": f"vre-{os.getpid()}",
            **NUMBERS.get(MACHINE, {}),
        }


@pytest.mark.parametrize("lines", [READING, WRITING, REACHING, STARTING, OTHERS], ids=["read", "write", "reach", "start", "others"])
def test_a_program_can_do_none_of_these(lines: str, world: dict[str, Any], tmp_path: Path, python: Path) -> None:
    before = sorted(item.name for item in tmp_path.iterdir() if item.name != "program")
    found = confined(TRY, tmp_path, python=python, wish={**world, "lines": lines.strip().splitlines()})
    assert found == {"could": []}
    assert sorted(item.name for item in tmp_path.iterdir() if item.name != "program") == before
    assert Path(world["secret"]).read_text() == "the secret"


def test_changed_modes_and_times_are_told_as_done_and_are_not(world: dict[str, Any], tmp_path: Path, python: Path) -> None:
    body = """
    os.chmod(wish["secret"], 0o777)
    os.utime(wish["secret"], (5, 5))
    os.chown(wish["secret"], 1, 1)
    os.chmod(scratch, 0)
    (scratch / "touched").touch()
    (scratch / "touched").touch()
    assert (scratch / "touched").exists()
    return {"kept": (scratch / "file").write_text("x")}
    """
    assert confined(body, tmp_path, python=python, wish=world) == {"kept": 1}
    facts = Path(world["secret"]).stat()
    assert (stat.S_IMODE(facts.st_mode), facts.st_mtime, facts.st_uid) == (0o640, 1, os.getuid())


def test_nothing_of_the_portal_is_in_the_environment(tmp_path: Path, monkeypatch: Any, python: Path) -> None:
    monkeypatch.setenv("VERY_SECRET", "value")
    found = confined("return dict(os.environ)", tmp_path, python=python)
    assert "value" not in found.values()
    assert "DJANGO_SETTINGS_MODULE" not in found
    home = Path(found["HOME"])
    assert home == Path(found["TMPDIR"]) == Path(found["XDG_CACHE_HOME"])
    assert not home.exists()


def test_nothing_that_the_portal_has_open_is_open(tmp_path: Path, python: Path) -> None:
    with open("/etc/passwd") as inherited:
        os.set_inheritable(inherited.fileno(), True)
        body = """
        import stat
        found = []
        for number in range(4096):
            try:
                found.append([number, stat.S_IFMT(os.fstat(number).st_mode)])
            except OSError:
                pass
        return {"open": found}
        """
        found = confined(body, tmp_path, python=python)["open"]
    assert [kind for number, kind in found if number < 3] == [stat.S_IFCHR] * 3  # /dev/null
    assert [kind for number, kind in found if number >= 3] == [stat.S_IFREG]  # the answer


def test_a_program_of_another_machine_s_calls_is_ended(tmp_path: Path) -> None:
    if MACHINE != "x86_64":
        pytest.skip("only x86_64 takes calls of another machine")
    body = """
    import ctypes, mmap
    code = mmap.mmap(-1, 4096, prot=7)
    code.write(bytes.fromhex("b814000000cd80c3"))  # getpid of i386
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    return {}
    """
    with pytest.raises(ChildFailed) as failed:
        confined(body, tmp_path)
    assert failed.value.kind == "crash"


def test_a_program_sees_the_folder_that_it_is_given_and_cannot_change_it(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Snakefile").write_text("rule all")
    (folder / "out").symlink_to("/etc/passwd")
    program = tmp_path / "programs" / "reader.py"
    program.parent.mkdir()
    (program.parent / "beside.py").write_text("WORD = 'beside'")
    program.write_text(
        "def answer(wish, folder, scratch):\n"
        "    import beside\n"
        "    found = {'text': (folder / 'Snakefile').read_text(), 'beside': beside.WORD, **wish}\n"
        "    for name, mode in (('out', 'r'), ('Snakefile', 'a'), ('new', 'w')):\n"
        "        try:\n"
        "            (folder / name).open(mode)\n"
        "        except OSError:\n"
        "            found[name] = 'denied'\n"
        "    return found\n"
    )
    found = confinement.run(program, python=PYTHON, wish={"ä": [1, None, "\ud800"]}, folder=folder)
    assert found == {
        "text": "rule all", "beside": "beside", "ä": [1, None, "?"], "out": "denied", "Snakefile": "denied", "new": "denied",
    }  # fmt: skip


def test_a_program_has_what_libraries_use(tmp_path: Path, python: Path) -> None:
    body = """
    import asyncio, mimetypes, random, shutil, tempfile, threading, time, logging.handlers, ssl, sqlite3, uuid
    async def later():
        await asyncio.sleep(0.01)
        return await asyncio.to_thread(lambda: threading.current_thread().name)
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(Path(__file__).parent, Path(place) / "copy")
        shutil.move(Path(place) / "copy", Path(place) / "moved")
        (Path(place) / "moved" / "program.py").touch()
        shutil.copy2(Path(place) / "moved" / "program.py", scratch / "again.py")
    mimetypes.guess_type("a.txt")
    print("hello", file=sys.stderr)
    return {"thread": asyncio.run(later()), "home": str(Path.home() == scratch), "cwd": os.getcwd() == str(scratch), "random": random.SystemRandom().random() < 1}
    """
    found = confined(body, tmp_path, python=python)
    assert found["thread"].startswith("asyncio")
    assert (found["home"], found["cwd"], found["random"]) == ("True", True, True)
