"""Read a Snakefile by executing it, as Snakemake does: run only by the confinement, in the engines' own Python, on hostile files.

Answers with rules, jobs and faults as plain values; words for people are the portal's.
"""

import os
import re
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import snakemake
from mirror import mirror
from snakemake.api import SnakemakeApi
from snakemake.exceptions import MissingInputException
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings
from snakemake.settings.types import DeploymentSettings, StorageSettings, WorkflowSettings

MAX_NODES = 5_000
MAX_NAMES = 100  # inputs or outputs that are told of one job
MAX_TEXT = 4_000
USED = re.compile(r"(?<!\{)\{(?:params|input|output)\.(\w+)")
SECONDS_FOR_MISSING = 0.5  # Snakemake tells the missing files of one job at a time
OWN_RESOURCES = ("_cores", "_nodes", "tmpdir")  # which Snakemake adds to each rule


class Reader:
    """One workflow in a mirror of its repository, where Snakemake may write."""

    def __init__(self, base: Path, wish: dict[str, Any]) -> None:
        self.base, self.work, self.wish = base, base / wish["root"], wish
        self.faults: list[dict[str, Any]] = []
        self.workflow: Any = None

    def read(self) -> dict[str, Any]:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, stdout=False)) as api:
            entry = api.workflow(
                resource_settings=ResourceSettings(nodes=1),
                config_settings=ConfigSettings(config=self.wish["parameters"]),
                storage_settings=StorageSettings(),
                storage_provider_settings={},
                workflow_settings=WorkflowSettings(),
                deployment_settings=DeploymentSettings(),
                snakefile=self.work / self.wish["file"],
                workdir=self.work,
            )
            self.workflow = entry._get_workflow()  # before anything is executed, so that a fault finds the lines of what was read
            entry._workflow_store = self.workflow
            try:
                self.workflow.include(entry.snakefile, overwrite_default_target=True)
                self.workflow.check()
            except (Exception, SystemExit) as error:  # noqa: BLE001 -- a Snakefile is a program
                self.fault("rules", error)
            jobs = None if self.faults else self.jobs(entry)
            return self.answer(jobs)

    def jobs(self, entry: Any) -> list[Any] | None:
        """The jobs in the order of the graph; None where it cannot be built."""
        entry.dag(DAGSettings())
        end = time.monotonic() + SECONDS_FOR_MISSING
        while True:
            try:
                self.workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True, nolock=True)
                self.workflow._build_dag()
                return list(self.workflow.dag.jobs)
            except MissingInputException as error:
                self.fault("jobs", error)
                # The graph is still of use where it is only data that are missing: the next try finds empty files in their place.
                if time.monotonic() > end or not self.make_missing(self.faults[-1]["missing"]):
                    return None
            except (Exception, SystemExit) as error:  # noqa: BLE001 -- input functions are programs, too
                self.fault("jobs", error)
                return None

    def make_missing(self, names: list[str]) -> bool:
        """Put an empty file in place of each; False where there is nothing new."""
        made = False
        for name in names:
            place = (self.work / name).resolve()
            if place.is_relative_to(self.base) and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(b"")
                made = True
        return made

    def answer(self, jobs: list[Any] | None) -> dict[str, Any]:
        rules = [] if self.workflow is None else list(self.workflow.rules)
        nodes = self.of_jobs(jobs) if jobs is not None else []
        done = {node["rule"] for node in nodes}
        nodes += [self.of_rule(rule, needed=jobs is None) for rule in rules if rule.name not in done and not rule.norun]
        own = os.path.normpath(os.path.join(self.wish["root"], self.wish["file"]))
        included = [] if self.workflow is None else [self.name(path) for path in self.workflow._included]
        return {
            "version": snakemake.__version__,
            "nodes": nodes[:MAX_NODES],
            "left_out": max(0, len(nodes) - MAX_NODES),
            "has_jobs": jobs is not None,
            "checkpoints": [rule.name for rule in rules if rule.is_checkpoint][:100],
            "includes": sorted({path for path in included if path and path != own})[:500],
            "faults": self.faults[:20],
            "submission": self.submission([rule for rule in rules if not rule.norun], jobs),
        }

    def of_jobs(self, jobs: list[Any]) -> list[dict[str, Any]]:
        """A node for each job; jobs of rules that run nothing are left out, and what they join is joined directly."""
        needed = {job: bool(self.workflow.dag.needrun(job)) for job in jobs}
        keys = {job: str(number) for number, job in enumerate(jobs, 1)}
        before: dict[Any, set[str]] = {}

        def keys_before(job: Any) -> set[str]:
            # Without recursion: a chain may be thousands of jobs long.
            open_jobs, found, seen = list(self.workflow.dag.dependencies[job]), set(), set()
            while open_jobs:
                other = open_jobs.pop()
                if other in seen:
                    continue
                seen.add(other)
                if other.rule.norun:
                    open_jobs += list(self.workflow.dag.dependencies[other])
                else:
                    found.add(keys[other])
            return found

        for job in jobs[: MAX_NODES + 1]:
            before[job] = keys_before(job)
        nodes = []
        for job in [job for job in jobs if not job.rule.norun]:
            node = self.of_rule(job.rule, needed=needed[job])
            values = ", ".join(f"{key}={value}" for key, value in sorted(job.wildcards_dict.items()))
            node |= {
                "key": keys[job],
                "name": f"{job.rule.name} ({values})" if values else job.rule.name,
                "inputs": names(job.input),
                "outputs": names(job.output),
                "after": sorted(before.get(job, ()), key=int),
                "resources": resources(dict(job.rule.resources.items()), job),
            }
            if (command := quietly(lambda job=job: job.shellcmd)) is not None:
                node["commands"] = [cut(command)]
            if (image := quietly(lambda job=job: job.container_img_url)) is not None:
                node["environment"] = str(image)
            nodes.append(node)
            if len(nodes) > MAX_NODES:
                break
        return nodes

    def of_rule(self, rule: Any, *, needed: bool) -> dict[str, Any]:
        kind = next((kind for kind in ("script", "notebook", "wrapper", "cwl", "template_engine") if getattr(rule, kind, None)), "run")
        return {
            "rule": rule.name,
            "key": f"rule {rule.name}",
            "name": rule.name,
            "environment": str(rule.container_img or "") if not callable(rule.container_img) else "",
            "inputs": names(rule.input),
            "outputs": names(rule.output),
            "commands": [cut(rule.shellcmd)] if rule.shellcmd else [],
            "kind": "shell" if rule.shellcmd else kind,
            "resources": resources(dict(rule.resources.items()), None),
            "after": [],
            "needed": needed,
            "file": self.name(rule.snakefile),
            "line": self.line(rule.snakefile, rule.lineno),
            "used": sorted(set(USED.findall(rule.shellcmd or "")))[:500],
            "given": [key for listed in (rule.input, rule.output, rule.params) for key in listed.keys()][:500] if rule.shellcmd else [],
        }

    def submission(self, rules: list[Any], jobs: list[Any] | None) -> dict[str, Any] | None:
        """What reana-client makes of the rules and sends along."""
        if self.faults and jobs is None and not rules:
            return None
        after = {} if jobs is None else self.workflow.dag.dependencies
        steps = []
        for rule in rules[:MAX_NODES]:
            given = resources(dict(rule.resources.items()), None)
            steps.append(
                {
                    "name": rule.name,
                    "environment": str(rule.container_img or "").replace("docker://", "") if not callable(rule.container_img) else "",
                    "inputs": plain(dict(rule.input.items())),
                    "params": plain(dict(rule.params.items())),
                    "outputs": plain(dict(rule.output.items())),
                    "commands": [rule.shellcmd],
                    "compute_backend": given.get("compute_backend"),
                    "kubernetes_memory_limit": given.get("kubernetes_memory_limit"),
                    "kubernetes_uid": given.get("kubernetes_uid"),
                }
            )
        return {
            "job_dependencies": {str(job): [str(other) for other in others] for job, others in list(after.items())[:MAX_NODES]},
            "steps": steps,
        }

    def fault(self, stage: str, error: BaseException) -> None:
        """What went wrong and where, in values; Snakemake's own words only where they are one person's sentence."""
        lines = {} if self.workflow is None else self.workflow.linemaps
        inner = error
        while isinstance(inner.__cause__, BaseException) and type(inner).__name__ in ("WorkflowError", "RuleException", "InputFunctionException"):
            inner = inner.__cause__
        file, line = getattr(error, "snakefile", None) or getattr(error, "filename", None), getattr(error, "lineno", None)
        for origin in (inner, error):
            for frame in reversed(traceback.extract_tb(origin.__traceback__)):
                if frame.filename in lines or frame.filename.startswith(str(self.base)):
                    file, line = frame.filename, lines.get(frame.filename, {}).get(frame.lineno, frame.lineno)
                    break
            else:
                continue
            break
        if isinstance(error, SyntaxError):
            file, line = error.filename, error.lineno if stage == "parse" else lines.get(error.filename, {}).get(error.lineno, error.lineno)
        words = error.msg if isinstance(error, SyntaxError) else str(inner) or str(error)
        found = {"stage": stage, "type": type(inner).__name__, "message": cut(words.replace(f"{self.base}/", "")), "file": self.name(file)}
        found |= {"line": line if isinstance(line, int) else None, "rule": str(getattr(error, "rule", "") or "")}
        if isinstance(inner, KeyError) and inner.args:
            found["key"] = str(inner.args[0])[:200]
        if isinstance(error, MissingInputException):
            rule = next((rule for rule in self.workflow.rules if rule.name == getattr(error.rule, "name", error.rule)), None)
            if rule is not None:
                found |= {"rule": rule.name, "line": self.line(rule.snakefile, rule.lineno), "file": self.name(rule.snakefile)}
            found["missing"] = missing_files(str(error))
        self.faults.append(found)

    def line(self, file: Any, line: Any) -> int | None:
        """The line in the Snakefile of one in the program that Snakemake makes of it."""
        found = self.workflow.linemaps.get(str(file), {}).get(line, line)
        return found if isinstance(found, int) else None

    def name(self, path: Any) -> str:
        """The path in the repository; empty where it is none of its files."""
        text = "" if path is None else str(path)
        return text.removeprefix(f"{self.base}/") if text.startswith(f"{self.base}/") else ""


def missing_files(words: str) -> list[str]:
    """The file names at the end of Snakemake's message."""
    _head, _colon, tail = words.partition("affected files:\n")
    return [line.strip()[:300] for line in tail.splitlines() if line.strip()][:50]


def names(listed: Any) -> list[str]:
    """File names as text; functions are not called here."""
    found = [cut(item) if isinstance(item, str) else "" for item in list(listed)[:MAX_NAMES]]
    return [name for name in found if name and name != "<TBD>"]


def resources(given: dict[str, Any], job: Any) -> dict[str, Any]:
    """Resources that the author wrote, as far as they are plain values."""
    found: dict[str, Any] = {}
    for key, raw in given.items():
        value = quietly(lambda raw=raw: getattr(raw, "value", raw))
        if value is None and job is not None:
            value = quietly(lambda key=key: job.resources.get(key))
        if (key not in OWN_RESOURCES or (key == "_cores" and value not in (None, 1))) and isinstance(value, str | int | float | bool):
            found["threads" if key == "_cores" else key] = cut(value) if isinstance(value, str) else value
    return found


def plain(value: Any) -> Any:
    """What JSON can carry; a function is told at run time only."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if callable(value):
        return None
    return value if value is None or isinstance(value, bool | int | float) else cut(str(value))


def quietly(ask: Any) -> Any:
    """The value, or None where the Snakefile's own functions fail on it."""
    try:
        return ask()
    except (Exception, SystemExit):  # noqa: BLE001
        return None


def cut(text: Any) -> str:
    text = str(text)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def answer(wish: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Any]:
    """What Snakemake understands of `wish["file"]` in a mirror of the folder."""
    sys.setrecursionlimit(20_000)
    base, left_out = mirror(folder, scratch, wish["root"], wish["placeholders"])
    os.chdir(base / wish["root"])
    return {**Reader(base, wish).read(), "not_copied": left_out[:50]}
