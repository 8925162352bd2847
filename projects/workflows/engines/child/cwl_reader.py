"""Read a CWL workflow: run only by the confinement, in the engines' own Python. JavaScript in it is not run.

Answers with steps, inputs and faults as plain values; words for people are the portal's.
"""

import json
import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from documents import Document, Fault, Repository, cut

MAX_NODES = 5_000
MAX_NESTING = 20
TOOLS = ("CommandLineTool", "ExpressionTool", "Operation")
VERSIONS = ("v1.0", "v1.1", "v1.2")


class Reader:
    """One workflow with the tools that its steps run."""

    def __init__(self, folder: Path, file: str) -> None:
        self.repository, self.file = Repository(folder), file
        self.faults: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.left_out = 0

    def fault(self, fault: Fault) -> None:
        if fault.told not in self.faults:
            self.faults.append(fault.told)

    def read(self) -> dict[str, Any]:
        inputs: list[dict[str, Any]] = []
        try:
            document = self.repository.document(self.file)
            main, path = self.main(document)
            inputs = self.inputs(document, main, path)
            if main.get("class") == "Workflow":
                self.steps(document, main, path, "", {}, 0)
            else:
                self.tool(document, main, path, str(main.get("id") or Path(self.file).stem).strip("#"), {}, [], {})
        except Fault as fault:
            self.fault(fault)
        return {
            "nodes": self.nodes,
            "left_out": self.left_out,
            "inputs": inputs,
            "includes": sorted(set(self.repository.read) - {self.file})[:500],
            "faults": self.faults[:50],
        }

    def main(self, document: Document) -> tuple[dict[str, Any], tuple[Any, ...]]:
        """The process that runs when the file is named, and its path in the file."""
        value = document.value
        if not isinstance(value, dict):
            raise Fault("no workflow", document.name, 1)
        if value.get("cwlVersion") not in VERSIONS:
            kind = "version" if "cwlVersion" in value else "no version"
            raise Fault(kind, document.name, document.line("cwlVersion"), name=str(value.get("cwlVersion"))[:100])
        if "$graph" not in value:
            if value.get("class") not in ("Workflow", *TOOLS):
                raise Fault("class", document.name, document.line("class"), name=str(value.get("class"))[:100], known=["Workflow", *TOOLS])
            return value, ()
        found = self.in_graph(document, "main")
        if found is None:
            raise Fault("no main", document.name, document.line("$graph"))
        return found

    def in_graph(self, document: Document, name: str) -> tuple[dict[str, Any], tuple[Any, ...]] | None:
        graph = document.value.get("$graph") if isinstance(document.value, dict) else None
        for number, item in enumerate(graph if isinstance(graph, list) else []):
            if isinstance(item, dict) and str(item.get("id", "")).rpartition("#")[2] == name:
                return item, ("$graph", number)
        return None

    def inputs(self, document: Document, process: dict[str, Any], path: tuple[Any, ...]) -> list[dict[str, Any]]:
        """What the process takes: names, types, and whether a value is needed."""
        found = []
        for name, value, at in listed(process.get("inputs"), (*path, "inputs")):
            kind = value.get("type") if isinstance(value, dict) else value
            default = value.get("default") if isinstance(value, dict) else None
            optional = default is not None or is_optional(kind) or (isinstance(value, dict) and bool(value.get("valueFrom")))
            found.append(
                {"name": name, "type": cut(type_name(kind)), "required": not optional, "file": document.name, "line": document.line(*at)}
            )
        return found[:1_000]

    def steps(self, document: Document, workflow: dict[str, Any], path: tuple[Any, ...], prefix: str, given: dict[str, Any], depth: int) -> None:
        """All steps of a workflow, those of workflows in it with their outer step's name in front."""
        steps = list(listed(workflow.get("steps"), (*path, "steps")))
        if not steps:
            self.fault(Fault("no steps", document.name, document.line(*path, "steps")))
        known = {name for name, _value, _at in steps}
        ports = {name for name, _value, _at in listed(workflow.get("inputs"), ())}
        outs = {f"{name}/{out}" for name, value, _at in steps if isinstance(value, dict) for out in outputs_of(value)}
        own = {**given, **self.requirements(document, workflow)}
        for name, _value, at in steps:
            if not name:
                self.fault(Fault("no name", document.name, document.line(*at)))
        for name, step, at in steps:
            if not isinstance(step, dict):
                self.fault(Fault("step", document.name, document.line(*at), name=name))
                continue
            sources = self.sources(document, step, at, name, ports, outs)
            after = [f"{prefix}{known_step}" for known_step in dict.fromkeys(source.partition("/")[0] for source in sources if "/" in source) if known_step in known]
            try:
                self.step(document, step, at, f"{prefix}{name}", after, sources, own, depth)
            except Fault as fault:
                self.fault(fault)
                self.tool(document, step, at, f"{prefix}{name}", own, after, {}, is_step=True)
        for name, output, at in listed(workflow.get("outputs"), (*path, "outputs")):
            for source in texts(output.get("outputSource") if isinstance(output, dict) else None):
                self.source(document, at, name, source, ports, outs)

    def step(self, document: Document, step: dict[str, Any], at: tuple[Any, ...], key: str, after: list[str], sources: list[str], given: dict[str, Any], depth: int) -> None:
        given = {**given, **self.requirements(document, step)}
        where, process, path = self.process(document, step.get("run"), document.line(*at, "run"))
        self.wiring(document, step, at, key, where, process, path)
        if process.get("class") == "Workflow":
            if depth >= MAX_NESTING:
                raise Fault("nested", document.name, document.line(*at), name=key)
            begun = len(self.nodes)
            self.steps(where, process, path, f"{key}/", given, depth + 1)
            # What waits for the inner workflow waits for all of its steps, and what it waits for holds for all of them.
            for node in self.nodes[begun:]:
                node["after"] = list(dict.fromkeys([*node["after"], *after]))
            return
        self.tool(where, process, path, key, given, after, step, sources=sources, place=(document.name, document.line(*at)))

    def process(self, document: Document, run: Any, line: int | None) -> tuple[Document, dict[str, Any], tuple[Any, ...]]:
        """What `run` names: a process written there, one of this file's `$graph`, or another file's."""
        if isinstance(run, dict):
            return document, run, ()
        if not isinstance(run, str) or not run:
            raise Fault("no run", document.name, line)
        reference, _hash, name = run.partition("#")
        where = self.repository.document(self.repository.beside(document, reference, line), document.name, line) if reference else document
        if not isinstance(where.value, dict):
            raise Fault("no workflow", where.name, 1)
        if "$graph" in where.value:
            found = self.in_graph(where, name or "main")
            if found is None:
                raise Fault("missing", document.name, line, name=run[:300])
            return where, *found
        return where, where.value, ()

    def tool(self, document: Document, process: dict[str, Any], path: tuple[Any, ...], key: str, given: dict[str, Any], after: list[str], step: dict[str, Any], *, sources: list[str] | None = None, place: tuple[str, int | None] | None = None, is_step: bool = False) -> None:
        """One node."""
        if len(self.nodes) >= MAX_NODES:
            self.left_out += 1
            return
        own = {} if is_step else self.requirements(document, process)
        # Of each kind the tool's own comes first, then the step's, then those of the workflows around it; a requirement before a hint.
        found = {**{kind: value for kind, value in given.items()}, **own}
        for kind, (value, is_hint) in given.items():
            if not is_hint and own.get(kind, (None, True))[1]:
                found[kind] = (value, is_hint)
        image = found.get("DockerRequirement", ({}, True))[0]
        resources = {**plain(found.get("ResourceRequirement", ({}, True))[0]), **plain(found.get("reana", ({}, True))[0])}
        if step.get("scatter"):
            resources["scatter"] = ", ".join(texts(step["scatter"]))
        if step.get("when"):
            resources["when"] = cut(step["when"])
        self.nodes.append(
            {
                "key": key,
                "name": key.rpartition("/")[2],
                "environment": cut(image.get("dockerPull") or image.get("dockerImageId") or ""),
                "inputs": sources if sources is not None else [name for name, _value, _at in listed(process.get("inputs"), ())][:100],
                "outputs": outputs_of(step) if step else [name for name, _value, _at in listed(process.get("outputs"), ())][:100],
                "commands": [command] if (command := command_of(process)) else [],
                "kind": "unread" if is_step else str(process.get("class") or ""),
                "resources": resources,
                "after": after,
                "needed": True,
                "file": place[0] if place else document.name,
                "line": place[1] if place else document.line(*path),
            }
        )

    def requirements(self, document: Document, process: dict[str, Any]) -> dict[str, Any]:
        """Requirements and hints by their class, each with whether it is only a hint."""
        found: dict[str, Any] = {}
        for part, is_hint in (("hints", True), ("requirements", False)):
            value = process.get(part)
            items = value.items() if isinstance(value, dict) else [(item.get("class"), item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []
            for kind, item in items:
                if kind == "$import" or (isinstance(item, dict) and "$import" in item):
                    continue
                if isinstance(item, dict):
                    found[str(kind)] = (item, is_hint)
        return found

    def sources(self, document: Document, step: dict[str, Any], at: tuple[Any, ...], name: str, ports: set[str], outs: set[str]) -> list[str]:
        found = []
        for port, value, place in listed(step.get("in"), (*at, "in")):
            for source in texts(value.get("source") if isinstance(value, dict) else value):
                found.append(self.source(document, place, f"{name}/{port}", source, ports, outs))
        return found[:100]

    def source(self, document: Document, place: tuple[Any, ...], port: str, source: str, ports: set[str], outs: set[str]) -> str:
        """The source as input or step/output; one that does not exist is a fault."""
        # Packed documents write #main/input and #main/step/output.
        short = source.rpartition("#")[2]
        for candidate in (short, short.partition("/")[2]):
            if candidate in ports or candidate in outs:
                return candidate
        self.fault(Fault("no source", document.name, document.line(*place), name=source[:200], port=port[:200], known=sorted(ports | outs)[:200]))
        return short

    def wiring(self, document: Document, step: dict[str, Any], at: tuple[Any, ...], key: str, where: Document, process: dict[str, Any], path: tuple[Any, ...]) -> None:
        """Whether the step gives what its process needs, and takes what it makes."""
        given = {name for name, _value, _at in listed(step.get("in"), ())}
        wanted = self.inputs(where, process, path)
        known = [item["name"] for item in wanted]
        for item in wanted:
            if item["required"] and item["name"] not in given:
                self.fault(Fault("not given", document.name, document.line(*at), step=key[:200], name=item["name"][:200]))
        made = [name for name, _value, _at in listed(process.get("outputs"), ())]
        for name in outputs_of(step):
            if name not in made:
                self.fault(Fault("no output", document.name, document.line(*at, "out"), step=key[:200], name=name[:200], known=made[:200]))
        for name, value, place in listed(step.get("in"), (*at, "in")):
            # A value that only an expression of the step reads may have any name.
            if name not in known and not any(isinstance(item, dict) and item.get("valueFrom") for item in (value, *values(step.get("in")))):
                self.fault(Fault("no input", document.name, document.line(*place), step=key[:200], name=name[:200], known=known[:200]))


def listed(value: Any, path: tuple[Any, ...]) -> Any:
    """Pairs of name and value of what CWL writes as a map or as a list, each with its path; names without what packing puts before."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name), item, (*path, name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = item.get("id") or item.get("name") or "" if isinstance(item, dict) else item
            yield str(name).rpartition("#")[2].rpartition("/")[2], item, (*path, number)


def values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def outputs_of(step: dict[str, Any]) -> list[str]:
    return [name for name, _value, _at in listed(step.get("out"), ())][:100]


def texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def is_optional(kind: Any) -> bool:
    return kind == "null" or (isinstance(kind, str) and kind.endswith("?")) or (isinstance(kind, list) and any(is_optional(item) for item in kind))


def type_name(kind: Any) -> str:
    """A type as CWL's short form writes it."""
    if isinstance(kind, dict):
        if kind.get("type") == "array":
            return f"{type_name(kind.get('items'))}[]"
        return f"enum ({', '.join(texts(kind.get('symbols')))})" if kind.get("type") == "enum" else type_name(kind.get("type"))
    return " or ".join(type_name(item) for item in kind) if isinstance(kind, list) else str(kind)


def command_of(process: dict[str, Any]) -> str:
    """The command line as it stands in the tool, with names where values come."""
    base = process.get("baseCommand")
    parts: list[tuple[Any, str]] = []
    for argument in process.get("arguments") if isinstance(process.get("arguments"), list) else []:
        position = argument.get("position", 0) if isinstance(argument, dict) else 0
        text = argument if isinstance(argument, str) else f"{argument.get('prefix') or ''} {argument.get('valueFrom') or ''}" if isinstance(argument, dict) else ""
        parts.append((position, text.strip()))
    for name, value, _at in listed(process.get("inputs"), ()):
        binding = value.get("inputBinding") if isinstance(value, dict) else None
        if isinstance(binding, dict):
            parts.append((binding.get("position", 0), f"{binding.get('prefix') or ''} $(inputs.{name})".strip()))
    ordered = sorted(parts, key=lambda part: part[0] if isinstance(part[0], int) else 0)
    expression = process.get("expression") if process.get("class") == "ExpressionTool" else None
    words = [*(base if isinstance(base, list) else [base]), *(text for _position, text in ordered)]
    return cut(expression or " ".join(str(word) for word in words if word))


def plain(value: dict[str, Any]) -> dict[str, Any]:
    return {str(key): cut(item) if isinstance(item, str) else item for key, item in value.items() if key != "class" and isinstance(item, str | int | float | bool)}


SALAD = re.compile(r"^(?:\* )?(?P<file>[^\s:]*):(?P<line>\d+):\d+:\s*(?P<words>.*)$")


def by_parser(folder: Path, file: str) -> tuple[list[dict[str, Any]], Any]:
    """What the parser itself finds wrong, and the packed document that older servers want."""
    from cwl_utils.pack import pack
    from cwl_utils.parser import load_document_by_uri
    from schema_salad.exceptions import ValidationException

    path = folder / file
    try:
        load_document_by_uri(path.as_uri(), load_all=True)
    except ValidationException as error:
        return leaves(error, folder, file), None
    except (Exception, RecursionError) as error:  # noqa: BLE001 -- the parser takes types by using them
        return [{"kind": "parser", "file": file, "line": None, "message": cut(str(error).replace(f"file://{folder}/", "").replace(f"{folder}/", ""))}], None
    try:
        return [], json.loads(json.dumps(pack(str(path)), default=str).replace(f"file://{folder}/", "").replace(f"{folder}/", ""))
    except Exception as error:  # noqa: BLE001
        return [{"kind": "pack", "file": file, "line": None, "message": cut(str(error).replace(f"{folder}/", ""))}], None


def leaves(error: Any, folder: Path, file: str) -> list[dict[str, Any]]:
    """The innermost messages of the parser's tree of errors, each with its place."""
    found = []
    for leaf in error.leaves():
        words, place = leaf.message, leaf.file
        match = SALAD.match(str(leaf).strip().split("\n")[0])
        line = leaf.start[0] if leaf.start else int(match["line"]) if match else None
        name = str(place or "").removeprefix(f"file://{folder}/").removeprefix(f"{folder}/") or file
        told = {"kind": "parser", "file": name, "line": line, "message": cut(words.replace(f"file://{folder}/", "").replace(f"{folder}/", ""))}
        if told not in found:
            found.append(told)
    return found[:20]


def answer(wish: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Any]:
    """What stands in `wish["file"]` below the folder, and what cwl_utils says of it."""
    file = os.path.normpath(os.path.join(wish["root"], wish["file"]))
    reader = Reader(folder, file)
    found = reader.read()
    submission = None
    # The parser would go on a journey for what is elsewhere, and says less of a file that is no YAML.
    if not any(fault["kind"] in ("remote", "missing", "outside", "yaml", "many", "deep", "not text", "large", "version", "no version", "no workflow") for fault in found["faults"]):
        faults, submission = by_parser(folder.resolve(), file)
        found["faults"] = [*faults, *found["faults"]][:50]
    return {**found, "version": version("cwl-utils"), "submission": submission, "has_jobs": True}
