"""What each kind of workflow runs: the commands of a serial one, or the real cwltool and snakemake."""

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devstack.reana import images, jobs, limits, store, workspace

ENGINES = limits.ENVIRONMENTS / "engines" / "bin"
HERE = Path(__file__).parent


class Unfit(Exception):
    """The workflow cannot be run here; the text says why."""


def parameters(workflow: store.Row) -> dict[str, Any]:
    """The specification's parameters, with those given at the start on top."""
    given = json.loads(workflow["specification"]).get("inputs", {}).get("parameters") or {}
    return {**given, **json.loads(workflow["parameters"])}


def steps(specification: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
    """The serial steps, from FROM to TARGET where the start names them."""
    found: list[dict[str, Any]] = specification["workflow"].get("specification", {}).get("steps", [])
    names = [step.get("name") or "" for step in found]
    first, last = options.get("FROM") or "", options.get("TARGET") or ""
    for wanted in filter(None, (first, last)):
        if wanted not in names:
            raise Unfit(f"There is no step called {wanted!r}.")
    begin = names.index(first) if first else 0
    end = names.index(last) + 1 if last else len(found)
    return found[begin:end]


def _serial(workflow: store.Row, specification: dict[str, Any]) -> Iterator[jobs.Job]:
    values = parameters(workflow)
    for step in steps(specification, json.loads(workflow["options"])):
        image = str(step["environment"])
        for template in step["commands"]:
            try:
                cmd = string.Template(template).substitute(values)
            except (KeyError, ValueError) as error:
                raise Unfit(f"The command {template!r} names a parameter that is not given: {error}") from None
            try:
                programs = images.programs(image)
            except images.UnknownImage as error:
                jobs.refuse(workflow, str(step.get("name") or ""), image, cmd, str(error))
                raise Unfit(str(error)) from None
            yield jobs.Job(
                cmd, ["bash", "-c", cmd], image, str(programs), str(step.get("name") or ""),
                jobs.memory(step.get("kubernetes_memory_limit")),
                min(int(step.get("kubernetes_job_timeout") or limits.JOB_SECONDS), limits.JOB_SECONDS),
            )  # fmt: skip


def _engine_file(workflow: store.Row, specification: dict[str, Any]) -> str:
    name = str(specification["workflow"].get("file") or "")
    if not workspace.inside(workspace.folder(workflow), name or "?").is_file():
        raise Unfit(f"The workflow file {name!r} is not in the workspace.")
    return name


def _private(workflow: store.Row, name: str, content: Any) -> Path:
    """A file that the engine reads and the person's workspace does not show."""
    folder = limits.STATE / "engine" / str(workflow["id"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def _snakemake(workflow: store.Row, specification: dict[str, Any]) -> Iterator[jobs.Job]:
    name = _engine_file(workflow, specification)
    values = {key: value for key, value in parameters(workflow).items() if key != "input"}
    command = ["python", "-m", "snakemake", "--cores", "1", "--nocolor", "--sdm", "apptainer", "--snakefile", name]
    if values:
        command += ["--configfile", str(_private(workflow, "config.json", values))]
    yield jobs.Job(" ".join(command), command, "snakemake", f"{ENGINES}:{HERE / 'shims'}", "snakemake")


def _cwl(workflow: store.Row, specification: dict[str, Any]) -> Iterator[jobs.Job]:
    packed = specification["workflow"].get("specification")
    source = str(_private(workflow, "packed.json", packed)) if packed else _engine_file(workflow, specification)
    values = {key: value for key, value in parameters(workflow).items() if key != "input"}
    table = {image: str(limits.ENVIRONMENTS / name / "bin") for image, name in images.table().items()}
    settings = _private(workflow, "cwl.json", {"source": source, "parameters": values, "images": table})
    command = ["python", str(HERE / "cwl.py"), str(settings)]
    yield jobs.Job(
        f"cwltool --no-container {specification['workflow'].get('file') or 'workflow'}", command, "cwltool", str(ENGINES), "cwltool"
    )


KINDS = {"serial": _serial, "snakemake": _snakemake, "cwl": _cwl}


def work(workflow: store.Row) -> Iterator[jobs.Job]:
    """The jobs of a workflow, one after the other."""
    specification = json.loads(workflow["specification"])
    yield from KINDS[specification["workflow"]["type"]](workflow, specification)


def count(workflow: store.Row) -> int:
    """How many jobs a workflow will have."""
    specification = json.loads(workflow["specification"])
    if specification["workflow"]["type"] != "serial":
        return 1
    return sum(len(step["commands"]) for step in steps(specification, json.loads(workflow["options"])))
