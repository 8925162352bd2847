"""Run a CWL workflow by cwltool; each call of a tool is a job of the server, as in REANA, and files are staged inside the workspace."""

import json
import shlex
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cwltool.job
import cwltool.main
from cwltool.command_line_tool import CommandLineTool
from cwltool.context import LoadingContext, RuntimeContext
from cwltool.executors import MultithreadedJobExecutor
from cwltool.workflow import default_make_tool

from devstack.reana.children import submitting

DEFAULT_IMAGE = "frolvlad/alpine-bash"
OUTPUTS = "outputs"  # where REANA's engine puts them, whatever the specification says
OF_THE_IMAGE = ("PATH", "HOME", "TMPDIR")
_calls = threading.local()


class Call(cwltool.job.CommandLineJob):  # type: ignore[misc]
    """One call of a tool; cwltool runs each in a thread."""

    def run(self, runtimeContext: RuntimeContext, tmpdir_lock: Any = None) -> None:
        """Remember whose command comes next in this thread."""
        _calls.current = self
        super().run(runtimeContext, tmpdir_lock)


class Tool(CommandLineTool):  # type: ignore[misc]
    """A tool whose image is the server's business."""

    def make_job_runner(self, runtimeContext: RuntimeContext) -> type[Call]:
        """Never refuses an image, for there are no containers here."""
        return Call


def make_tool(specification: Any, context: LoadingContext) -> Any:
    """Our own kind of command line tool, cwltool's own kinds of everything else."""
    return Tool(specification, context) if specification.get("class") == "CommandLineTool" else default_make_tool(specification, context)


def run_at_server(
    commands: list[str], stdin_path: str | None, stdout_path: str | None, stderr_path: str | None,
    env: Mapping[str, str], cwd: str, *_others: Any, **_named: Any,
) -> int:  # fmt: skip
    """What cwltool would start as a process, as a job."""
    call = _calls.current
    docker, _ = call.get_requirement("DockerRequirement")
    line = shlex.join(commands)
    for sign, path in (("<", stdin_path), (">", stdout_path), ("2>", stderr_path)):
        line += f" {sign} {shlex.quote(path)}" if path else ""
    kept = "".join(f"export {key}={shlex.quote(value)};" for key, value in sorted(env.items()) if key not in OF_THE_IMAGE)
    line = f"{kept}mkdir -p {shlex.quote(cwd)} && cd {shlex.quote(cwd)} && HOME={shlex.quote(cwd)} {_with_folder(line, env)}"
    wishes = {key: value for hint in call.hints or () for key, value in hint.items() if hint.get("class") == "reana" and key != "class"}
    try:
        image = str((docker or {}).get("dockerPull") or DEFAULT_IMAGE)
        key = submitting.submit(call.name, image, line, wishes, shown=f"/bin/sh -c {shlex.quote(line)}")
    except submitting.NotTaken as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if submitting.wait(key) == "finished" else 1


def _with_folder(line: str, env: Mapping[str, str]) -> str:
    """The command with the folder for temporary files that cwltool gives it."""
    return f"TMPDIR={shlex.quote(env['TMPDIR'])} {line}" if env.get("TMPDIR") else line


def main() -> int:
    """Run the workflow of this folder to its end; as in REANA its files lie beside the person's."""
    wanted = json.loads(Path(sys.argv[1]).read_text())
    document = wanted["specification"]
    Path("workflow.json").write_text(json.dumps(document))
    Path("inputs.json").write_text(json.dumps(wanted["parameters"]))
    submitting.tell_total(len(document["$graph"]) - 1 if "$graph" in document else 0)
    for folder in ("cwl/tmpdir", "cwl/outdir"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    target = ["--target", wanted["target"]] if wanted.get("target") else []
    arguments = cwltool.main.arg_parser().parse_args([
        "--no-container", "--parallel", "--disable-color", "--relax-path-checks",
        "--tmpdir-prefix", f"{here}/cwl/tmpdir/", "--tmp-outdir-prefix", f"{here}/cwl/outdir/", "--outdir", f"{here}/{OUTPUTS}",
        *target, "workflow.json#main" if "$graph" in document else "workflow.json", "inputs.json",
    ])  # fmt: skip
    cwltool.job._job_popen = run_at_server
    return int(cwltool.main.main(
        args=arguments, executor=MultithreadedJobExecutor(), loadingContext=LoadingContext({"construct_tool_object": make_tool}),
        runtimeContext=RuntimeContext(vars(arguments)),
    ))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
