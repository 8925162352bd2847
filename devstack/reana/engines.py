"""What each kind of workflow runs: the commands of a serial one here, or one of the real engines, whose jobs come back to the server."""

import json
import shutil
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reana_commons.config import REANA_DEFAULT_SNAKEMAKE_ENV_IMAGE

from devstack import address
from devstack.reana import controller, jobs, limits, process, store, wishes, workspace
from devstack.reana.children.submitting import read

PYTHON = limits.ENVIRONMENTS / "engines" / "bin" / "python"
CHILDREN = {"snakemake": "snakemake_rules", "cwl": "cwl_tools", "yadage": "yadage_steps"}
KINDS = ("serial", *CHILDREN)


class Unfit(Exception):
    """The workflow cannot be run here; the text says why."""


def parameters(workflow: store.Row) -> dict[str, Any]:
    """The specification's parameters, with those given at the start on top."""
    given = (json.loads(workflow["specification"]).get("inputs") or {}).get("parameters") or {}
    return {**given, **json.loads(workflow["parameters"])}


def options(workflow: store.Row) -> dict[str, Any]:
    """The specification's options, with those given at the start on top."""
    given = (json.loads(workflow["specification"]).get("inputs") or {}).get("options") or {}
    return {**given, **json.loads(workflow["options"])}


def steps(specification: dict[str, Any], chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """The serial steps, from FROM to TARGET where the start names them."""
    found: list[dict[str, Any]] = specification["workflow"].get("specification", {}).get("steps", [])
    names = [step.get("name") or "" for step in found]
    first, last = chosen.get("FROM") or "", chosen.get("TARGET") or ""
    for wanted in filter(None, (first, last)):
        if wanted not in names:
            raise Unfit(f"There is no step called {wanted!r}.")
    begin = names.index(first) if first else 0
    end = names.index(last) + 1 if last else len(found)
    return found[begin:end]


def serial(workflow: store.Row) -> Iterator[jobs.Job]:
    """The jobs of a serial workflow, one after the other; raises Unfit."""
    values = parameters(workflow)
    for step in steps(json.loads(workflow["specification"]), options(workflow)):
        for template in step["commands"]:
            try:
                cmd = string.Template(template).substitute(values)
                yield wishes.job(str(step.get("name") or ""), str(step["environment"]), cmd, cmd, step)
            except (KeyError, ValueError) as error:
                raise Unfit(f"The command {template!r} names a parameter that is not given: {error}") from None
            except wishes.NotTaken as error:
                raise Unfit(f"Job submission error: {error}") from None


def count(workflow: store.Row) -> int:
    """How many jobs a serial workflow will have; the engines of the others say it when they know."""
    specification = json.loads(workflow["specification"])
    if specification["workflow"]["type"] != "serial":
        return 0
    return sum(len(step["commands"]) for step in steps(specification, options(workflow)))


def run(workflow: store.Row, kind: str, stopped: Callable[[], bool]) -> str:
    """Run an engine to its end: finished, failed or stopped. What it prints is the workflow's log."""
    folder = _emptied(jobs.engine_folder(workflow))
    specification = json.loads(workflow["specification"])["workflow"]
    settings = {
        "file": specification.get("file") or "",
        "specification": specification.get("specification") or {} if kind != "snakemake" else {},
        "parameters": parameters(workflow),
        "options": options(workflow),
        "target": options(workflow).get("TARGET") or "",
        "default_image": REANA_DEFAULT_SNAKEMAKE_ENV_IMAGE,
        "wildcards_in_names": not workflow["older"],
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    with controller.Controller(workflow, folder, stopped):
        outcome = process.run(
            child(workflow, CHILDREN[kind], [str(folder / "settings.json")], jobs.log_file(f"engine-{workflow['id']}"), limits.ENGINE_SECONDS),
            stopped, lambda _pid: None,
        )  # fmt: skip
    if outcome.reason:
        return "stopped" if outcome.reason == "stopped" else "failed"
    return "failed" if outcome.code else "finished"


def child(workflow: jobs.Workflow, module: str, arguments: list[str], log: Path, seconds: float) -> process.Command:
    """A program of children/ in the workspace, without the person's secrets."""
    jobs.LOGS.mkdir(parents=True, exist_ok=True)
    folder = jobs.engine_folder(workflow)
    given = {"PYTHONPATH": str(address.ROOT), "REANA_SUBMISSIONS": str(folder), "PYTHONWARNINGS": "ignore"}
    environment = jobs.environment(workflow, str(PYTHON.parent)) | given
    command = [str(PYTHON), "-P", "-m", f"devstack.reana.children.{module}", *arguments]
    return process.Command(command, workspace.folder(workflow), environment, log, (jobs.home(workflow), folder), seconds, limits.JOB_MEMORY)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def load(workflow: jobs.Workflow, specification: dict[str, Any]) -> dict[str, Any]:
    """What the engine's own parser makes of the files in the workspace: its document and the parameters; raises Unfit with its words."""
    folder = _emptied(jobs.engine_folder(workflow))
    part, inputs = specification["workflow"], specification.get("inputs") or {}
    wanted = {
        "type": part["type"], "file": part.get("file") or "",
        "parameters": inputs.get("parameters") or {}, "options": inputs.get("options") or {},
    }  # fmt: skip
    (folder / "load.json").write_text(json.dumps(wanted))
    answer = folder / "loaded.json"
    log = jobs.log_file(f"loading-{workflow['id']}")
    log.unlink(missing_ok=True)
    outcome = process.run(
        child(workflow, "loading", [str(folder / "load.json"), str(answer)], log, limits.LOADING_SECONDS), lambda: False, lambda _pid: None
    )
    try:
        found = read(answer, limits.BUNDLE_BYTES)
        if "error" in found:
            raise Unfit(str(found["error"])[:2000])
        return {"specification": found["specification"], "parameters": dict(found["parameters"] or {})}
    except (OSError, ValueError, KeyError, TypeError):
        raise Unfit(outcome.reason or _last_line(log) or "The workflow specification could not be loaded.") from None


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    return lines[-1][:500] if lines else ""
