"""Read a Snakefile by executing it, as Snakemake does: run only by the confinement, in the engines' own Python, on hostile files.

Answers with rules, jobs and faults as plain values; words for people are the portal's.
"""

import contextlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import snakemake
from documents import is_file
from mirror import mirror
from opened import Opened
from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    DeploymentSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
    WorkflowSettings,
)
from snakemake_faults import fault_of, line_of, name_below
from snakemake_values import cut, names, plain, quietly, resources

MAX_NODES = 5_000
USED = re.compile(r"(?<!\{)\{(?:params|input|output)\.(\w+)")
SECONDS_FOR_MISSING = 0.5  # Snakemake tells the missing files of one job at a time


class Reader:
    """One workflow in a mirror of its repository, where Snakemake may write."""

    def __init__(self, base: Path, wish: dict[str, Any], opened: Opened | None = None) -> None:
        self.base, self.work, self.wish, self.opened = base, base / wish["root"], wish, opened or Opened(base)
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
                return self.in_order()
            except (Exception, SystemExit) as error:  # noqa: BLE001 -- input functions are programs, too
                self.fault("jobs", error)
                # The graph is still of use where it is only data that are missing: the next try finds empty files in their place.
                if time.monotonic() > end or not self.make_missing(self.faults[-1].get("missing", [])):
                    return None

    def in_order(self) -> list[Any]:
        """The jobs, each after those that it waits for."""
        number = {job: place for place, job in enumerate(self.workflow.dag.jobs)}
        return [job for level in self.workflow.dag.toposorted() for job in sorted(level, key=number.__getitem__)]

    def make_missing(self, names: list[str]) -> bool:
        """Put an empty file in place of each; False where there is nothing new."""
        made = False
        for name in names:
            with contextlib.suppress(OSError, ValueError):  # a name that is too long, one of a folder, or one with a NUL
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
        included = [] if self.workflow is None else [name_below(self.base, path) for path in self.workflow._included]
        return {
            "version": snakemake.__version__,
            "nodes": nodes[:MAX_NODES],
            "left_out": max(0, len(nodes) - MAX_NODES),
            "has_jobs": jobs is not None,
            "checkpoints": [rule.name for rule in rules if rule.is_checkpoint][:100],
            "includes": sorted({path for path in included if path and path != own})[:500],
            "opened": sorted({*self.opened.names, *self.taken(jobs or [])} - {own, *included})[:500],
            "faults": self.faults[:20],
            "submission": self.submission([rule for rule in rules if not rule.norun], jobs),
        }

    def taken(self, jobs: list[Any]) -> set[str]:
        """The files of the repository that jobs take and none of them makes."""
        made = {str(name) for job in jobs for name in job.output}
        names = {str(name) for job in jobs[:MAX_NODES] for name in job.input} - made
        return {name_below(self.base, os.path.normpath(self.work / name)) for name in names if is_file(self.work / name)}

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
            "file": name_below(self.base, rule.snakefile),
            "line": line_of(self.workflow, rule.snakefile, rule.lineno),
            "used": sorted(set(USED.findall(rule.shellcmd or "")))[:500],
            "given": [key for listed in (rule.input, rule.output, rule.params) for key, _value in listed.items()][:500]
            if rule.shellcmd
            else [],
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
        """Note what is wrong."""
        self.faults.append(fault_of(stage, error, self.workflow, self.base))


def answer(wish: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Any]:
    """What Snakemake understands of `wish["file"]` in a mirror of the folder."""
    sys.setrecursionlimit(20_000)
    base, left_out = mirror(folder, scratch, wish["root"], wish["placeholders"])
    os.chdir(base / wish["root"])
    opened = Opened(base)
    opened.watch()
    return {**Reader(base, wish, opened).read(), "not_copied": left_out[:50]}
