"""A person's running notebook session, seen from inside: its own environment, its programs, and a kernel that stays alive."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from devstack.address import ENVS, HOST, HUB_URL, PORTS, STATE, subject
from tests.devstack.hub_client import ask, browser_at_hub, grant, progress, stop

PYTHON = str(ENVS / "lab" / "bin" / "python")
KERNEL = Path(__file__).with_name("kernel.py")
SECONDS = 120


def process_of(prefix: str) -> tuple[dict[str, str], str]:
    """The environment and the program of the session that this stack's hub started below that address; raises LookupError where none runs."""
    hub = f"http://{HOST}:{PORTS['hub-internal']}/"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            program = os.fsdecode((folder / "cmdline").read_bytes().split(b"\0")[0])
        except OSError:
            continue
        found = dict(os.fsdecode(variable).split("=", 1) for variable in variables if b"=" in variable)
        of_this_hub = found.get("JUPYTERHUB_API_URL", "").startswith(hub)  # people have the same names in all stacks
        if of_this_hub and found.get("JUPYTERHUB_SERVICE_PREFIX") == prefix and found.get("JUPYTERHUB_SERVICE_URL", "").startswith("http"):
            return found, program
    raise LookupError(f"no session runs at {prefix}")


class Kernel:
    """One kernel, as the Lab starts it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def run(self, code: str) -> dict[str, Any]:
        """Run one cell: what it printed (`text`), and `error` with the name and the text of what it raised."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def said(self, code: str) -> str:
        """What the cell printed; it must not fail."""
        found = self.run(code)
        assert not found["error"], found
        return str(found["text"])


class LabSession:
    """One session that runs."""

    def __init__(self, name: str, project: str, browser: requests.Session) -> None:
        self.name, self.project, self.browser = name, project, browser
        self.url = f"{HUB_URL}/user/{subject(name)}/{project}"
        self.home = STATE / "hub" / "homes" / subject(name)
        self.folder = self.home / project
        self.settings = STATE / "hub" / "settings" / subject(name)
        self.environment, self.program = process_of(f"/user/{subject(name)}/{project}/")

    def shell(self, *command: str, seconds: float = SECONDS) -> "subprocess.CompletedProcess[str]":
        """A command in the session's terminal, without anybody at the keyboard."""
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            check=False,
        )  # fmt: skip

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A kernel of the session; ends with the block."""
        with subprocess.Popen(
            [PYTHON, str(KERNEL)], cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield Kernel(process)
            assert process.stdin
            process.stdin.close()

    def extension(self, method: str, path: str, **options: Any) -> requests.Response:
        """One call of the Lab's Rucio extension, as its page makes it."""
        headers = {"X-XSRFToken": self.browser.cookies.get("_xsrf", path=f"/user/{subject(self.name)}/{self.project}/") or ""}
        query = {"namespace": "escape", **options.pop("params", {})}
        return self.browser.request(method, f"{self.url}/rucio-jupyterlab/{path}", params=query, headers=headers, timeout=30, **options)


@contextmanager
def lab_session(name: str, project: str, **options: Any) -> Iterator[LabSession]:
    """A new session of one person; stopped at the end."""
    grant(project, name, "escape")
    browser, _ = browser_at_hub(name)
    asked = {"project": project, "title": "A test", "dids": [], **options}
    reply = ask(name, project, asked)
    assert reply.status_code in (201, 202), reply.text
    events = list(progress(name, project))
    assert events[-1].get("ready"), events
    try:
        found = LabSession(name, project, browser)
        browser.get(f"{found.url}/lab", timeout=30)
        yield found
    finally:
        stop(name, project)
        time.sleep(1)
