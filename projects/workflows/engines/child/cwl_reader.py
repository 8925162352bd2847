"""Read a CWL workflow: run only by the confinement, in the engines' own Python. JavaScript in it is not run.

Answers with steps, inputs and faults as plain values; words for people are the portal's.
"""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cwl_files import opened
from cwl_parts import Part, command_of, inherited, inputs, requirements, texts
from cwl_wiring import source_of, wiring
from documents import Document, Fault, Repository, cut, finite, inside

MAX_NODES = 5_000
MAX_STEPS = 20_000  # walked through, with those of workflows in workflows
MAX_NESTING = 20
MAX_FAULTS = 50
TOOLS = ("CommandLineTool", "ExpressionTool", "Operation")
VERSIONS = ("v1.0", "v1.1", "v1.2")
# With these the parser would go on a journey, or would say less than is known already.
NOT_FOR_PARSER = (
    "remote", "missing", "outside", "yaml", "duplicate", "many", "deep", "nested", "not text", "large", "version", "no version", "no workflow",
)  # fmt: skip


class Reader:
    """One workflow with the tools that its steps run."""

    def __init__(self, folder: Path, file: str) -> None:
        self.repository, self.file = Repository(folder), file
        self.faults: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.walked = 0

    def fault(self, fault: Fault) -> None:
        """Note what is wrong; the workflow is read on."""
        if len(self.faults) < MAX_FAULTS and fault.told not in self.faults:
            self.faults.append(fault.told)

    def read(self) -> dict[str, Any]:
        """All that stands in the file and in those that it names."""
        wanted: list[dict[str, Any]] = []
        try:
            main = self.main(self.repository.document(self.file))
            wanted = inputs(main)
            if main.get("class") == "Workflow":
                self.steps(main, "", {}, 0)
            else:
                self.node(main, str(main.get("id") or Path(self.file).stem).strip("#"), {}, [])
        except Fault as fault:
            self.fault(fault)
        return {
            "nodes": inside(self.nodes[:MAX_NODES]),
            "left_out": max(0, len(self.nodes) - MAX_NODES),
            "inputs": wanted,
            "includes": sorted(set(self.repository.read) - {self.file})[:500],
            "faults": [*({**told, "kind": "duplicate"} for told in self.repository.repeated()), *self.faults][:MAX_FAULTS],
        }

    def main(self, document: Document) -> Part:
        """The process that runs when the file is named. Raises Fault."""
        whole = Part(document, document.value)
        if not isinstance(whole.value, dict):
            raise whole.fault("no workflow")
        if whole.get("cwlVersion") not in VERSIONS:
            kind = "version" if "cwlVersion" in whole.value else "no version"
            raise whole.fault(kind, "cwlVersion", name=str(whole.get("cwlVersion"))[:100])
        if "$graph" in whole.value:
            return self.in_graph(whole, "main") or _raise(whole.fault("no main", "$graph"))
        if whole.get("class") not in ("Workflow", *TOOLS):
            raise whole.fault("class", "class", name=str(whole.get("class"))[:100], known=["Workflow", *TOOLS])
        return whole

    def in_graph(self, whole: Part, name: str) -> Part | None:
        """The process of this name in a packed document."""
        items = whole.listed("$graph")
        return next((part for _short, part in items if str(part.get("id") or "").rpartition("#")[2] == name), None)

    def steps(self, workflow: Part, prefix: str, given: dict[str, Any], depth: int) -> None:
        """All steps of a workflow, those of workflows in it with their outer step's name in front."""
        steps = workflow.listed("steps")
        if not steps:
            self.fault(workflow.fault("no steps", "steps"))
        sources = {*workflow.names("inputs"), *(f"{name}/{out}" for name, step in steps for out in step.names("out"))}
        known = {name for name, _step in steps}
        own = {**given, **requirements(workflow)}
        for name, step in steps:
            self.walked += 1
            if self.walked > MAX_STEPS:
                raise step.fault("many")
            if not name or not isinstance(step.value, dict):
                self.fault(step.fault("step" if name else "no name", name=name[:200]))
                continue
            taken = [source_of(part, text, f"{name}/{port}", sources, self.fault) for port, part, text in _sources(step)]
            after = [
                f"{prefix}{other}" for other in dict.fromkeys(text.partition("/")[0] for text in taken if "/" in text) if other in known
            ]
            try:
                self.step(step, f"{prefix}{name}", own, after, taken, depth)
            except Fault as fault:
                self.fault(fault)
                self.node(Part(step.document, {}, step.path), f"{prefix}{name}", own, after, step, taken)
        for name, output in workflow.listed("outputs"):
            for text in texts(output.get("outputSource")):
                source_of(output, text, name, sources, self.fault)

    def step(self, step: Part, key: str, given: dict[str, Any], after: list[str], taken: list[str], depth: int) -> None:
        """One step: a node, or the nodes of the workflow that it runs. Raises Fault where that cannot be read."""
        process = self.process(step)
        wiring(step, key, process, self.fault)
        given = {**given, **requirements(step)}
        if process.get("class") != "Workflow":
            self.node(process, key, given, after, step, taken)
            return
        if depth >= MAX_NESTING:
            raise step.fault("nested", name=key[:200])
        begun = len(self.nodes)
        self.steps(process, f"{key}/", given, depth + 1)
        for node in self.nodes[begun:]:
            node["after"] = list(dict.fromkeys([*node["after"], *after]))

    def process(self, step: Part) -> Part:
        """What `run` names: a process written there, one of this file's `$graph`, or another file's. Raises Fault."""
        run = step.get("run")
        if isinstance(run, dict):
            return Part(step.document, run, (*step.path, "run"))
        if not isinstance(run, str) or not run:
            raise step.fault("no run")
        reference, _hash, name = run.partition("#")
        document, line = step.document, step.line("run")
        if reference:
            document = self.repository.document(self.repository.beside(document, reference, line), document.name, line)
        whole = Part(document, document.value)
        if not isinstance(whole.value, dict):
            raise whole.fault("no workflow")
        if "$graph" in whole.value:
            return self.in_graph(whole, name or "main") or _raise(step.fault("missing", "run", name=run[:300]))
        return whole

    def node(
        self, process: Part, key: str, given: dict[str, Any], after: list[str], step: Part | None = None, taken: list[str] | None = None
    ) -> None:
        """One tool, of a step where there is one."""
        found = inherited(requirements(process), given)
        image = found.get("DockerRequirement", ({}, True))[0]
        resources = {**_plain(found.get("ResourceRequirement", ({}, True))[0]), **_plain(found.get("reana", ({}, True))[0])}
        if step and step.get("scatter"):
            resources["scatter"] = ", ".join(texts(step.get("scatter")))
        if step and step.get("when"):
            resources["when"] = cut(step.get("when"))
        place, command = step or process, command_of(process)
        self.nodes.append(
            {
                "key": key,
                "name": key.rpartition("/")[2],
                "environment": cut(image.get("dockerPull") or image.get("dockerImageId") or ""),
                "inputs": (process.names("inputs") if taken is None else taken)[:100],
                "outputs": (step.names("out") if step else process.names("outputs"))[:100],
                "commands": [command] if command else [],
                "resources": resources,
                "after": after,
                "needed": True,
                "file": place.document.name,
                "line": place.line(),
            }
        )


def _raise(fault: Fault) -> Part:
    raise fault


def _sources(step: Part) -> list[tuple[str, Part, str]]:
    """Each source of each input of a step."""
    pairs = step.listed("in")
    return [
        (port, part, text) for port, part in pairs for text in texts(part.get("source") if isinstance(part.value, dict) else part.value)
    ]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    kept = {key: item for key, item in value.items() if key != "class" and isinstance(item, str | int | float | bool)}
    return {str(key): cut(item) if isinstance(item, str) else item for key, item in kept.items()}


def answer(wish: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Any]:
    """What stands in `wish["file"]` below the folder, and what cwl_utils says of it."""
    file = os.path.normpath(os.path.join(wish["root"], wish["file"]))
    reader = Reader(folder, file)
    found, submission = reader.read(), None
    found["opened"] = opened(reader.repository, wish["parameters"], wish["root"], wish["placeholders"])
    if not any(fault["kind"] in NOT_FOR_PARSER for fault in found["faults"]):
        from cwl_parser import by_parser  # which takes longer to import than all the rest

        faults, submission = by_parser(folder.resolve(), [file, *found["includes"]])
        found["faults"] = [*faults, *found["faults"]][:MAX_FAULTS]
    return dict(finite({**found, "version": version("cwl-utils"), "submission": submission, "has_jobs": True}))
