"""Read a Yadage workflow: run only by the confinement, in the engines' own Python.

Answers with stages, parameters and faults as plain values; words for people are the portal's.
"""

import json
import os
import re
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from documents import Document, Fault, Repository, cut, finite, inside
from yadage_parts import (
    init_outputs,
    items,
    mapping,
    named,
    names_none,
    parameters,
    published,
    sources,
    steps_of,
    unknown,
    used_by_publisher,
)

MAX_NODES = 5_000
MAX_NESTING = 20
MAX_REFERENCES = 2_000
NAMED = re.compile(r"\{+\s*([A-Za-z_]\w*)\s*\}+")


class References:
    """The `$ref`s of a workflow: each followed in the repository, others only told."""

    def __init__(self, repository: Repository, main: str, root: str) -> None:
        self.repository, self.main, self.root = repository, main, root
        self.faults: list[dict[str, Any]] = []
        self.count = 0

    def check(self, document: Document, value: Any, path: tuple[Any, ...], open_files: tuple[str, ...]) -> None:
        """Walk a value; a reference that leads back to a file that is still open would never end."""
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                self.follow(document, reference, path, open_files)
            for key, item in value.items():
                self.check(document, item, (*path, key), open_files)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self.check(document, item, (*path, number), open_files)

    def follow(self, document: Document, reference: str, path: tuple[Any, ...], open_files: tuple[str, ...]) -> None:
        file, _hash, _pointer = reference.partition("#")
        line = document.line(*path)
        self.count += 1
        try:
            if self.count > MAX_REFERENCES:
                raise Fault("many", document.name, line)
            # Those of the workflow's own file count from the folder that it is named from, as reana-client has it.
            beside = replace(document, name=f"{self.root}/x".lstrip("/")) if document.name == self.main else document
            try:
                name = self.repository.beside(beside, file, line) if file else document.name
            except Fault as fault:
                raise Fault(fault.told["kind"], document.name, line, name=reference[:300]) from None
            if name in open_files and (not _pointer.strip("/") or name != document.name):
                raise Fault("cycle", document.name, line, name=reference[:300])
            if name != document.name:
                other = self.repository.document(name, document.name, line)
                self.check(other, other.value, (), (*open_files, name))
        except Fault as fault:
            if fault.told not in self.faults and len(self.faults) < 50:
                self.faults.append(fault.told)


class Reader:
    """The stages of a loaded workflow, with those of workflows in it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.parameters: dict[str, list[str]] = {}  # of the run, with the stages that use them
        self.left_out = 0

    def stages(self, workflow: dict[str, Any], path: tuple[Any, ...], prefix: str, after_outer: list[str], depth: int) -> None:
        """All stages of a workflow, those of workflows in it with their outer stage's name in front."""
        stages = [mapping(stage) for stage in items(workflow.get("stages"))]
        order = [str(stage.get("name")) for stage in stages]
        names, seen = frozenset(order), set()
        for number, stage in enumerate(stages):
            name, at = str(stage.get("name")), (*path, "stages", number)
            line = self.document.line(*at)
            if name in seen:
                self.fault("twice", line, name=name[:200])
            seen.add(name)
            scheduler = mapping(stage.get("scheduler"))
            given = parameters(scheduler.get("parameters"))
            asked = named(stage.get("dependencies"), names) | {known for value in given.values() for known in steps_of(value, names)}
            for missing in unknown(stage.get("dependencies"), given, names):
                self.fault("no stage", line, name=missing, stage=f"{prefix}{name}", known=sorted(names - {name})[:200])
            if names_none(stage.get("dependencies"), given):
                self.fault("names none", line, stage=f"{prefix}{name}")
            after = [f"{prefix}{known}" for known in sorted(asked - {name})] or after_outer
            if not prefix:
                for value in given.values():
                    for output in init_outputs(value):
                        self.parameters.setdefault(output, []).append(name)
            inner = scheduler.get("workflow")
            if isinstance(inner, dict) and depth < MAX_NESTING:
                begun = len(self.nodes)
                self.stages(inner, (*at, "scheduler", "workflow"), f"{prefix}{name}/", after, depth + 1)
                if len(self.nodes) > begun:
                    continue
            self.node(scheduler, f"{prefix}{name}", name, given, after, line)

    def node(self, scheduler: dict[str, Any], key: str, name: str, given: dict[str, Any], after: list[str], line: int | None) -> None:
        """One stage that runs something."""
        if len(self.nodes) >= MAX_NODES:
            self.left_out += 1
            return
        step = mapping(scheduler.get("step"))
        process, environment, publisher = (mapping(step.get(part)) for part in ("process", "environment", "publisher"))
        command = process.get("cmd") or process.get("script") or ""
        image, tag = environment.get("image"), environment.get("imagetag")
        resources: dict[str, Any] = {}
        for item in map(mapping, items(environment.get("resources"))):
            resources |= {str(name): value for name, value in item.items() if isinstance(value, str | int | float | bool)}
        if scheduler.get("scheduler_type") == "multistep-stage":
            resources["scatter"] = ", ".join(map(str, items(mapping(scheduler.get("scatter")).get("parameters")))) or "yes"
        self.nodes.append(
            {
                "key": key,
                "name": name,
                "environment": f"{image}:{tag}" if image and tag and tag != "latest" else str(image or ""),
                "inputs": [f"{parameter}: {source}" for parameter, value in given.items() for source in sources(value)][:100],
                "outputs": published(publisher),
                "commands": [cut(command)] if command else [],
                "kind": str(process.get("process_type") or ""),
                "resources": resources,
                "after": after,
                "needed": True,
                "file": self.document.name,
                "line": line,
                "given": list(given)[:500],
                "used": sorted({*NAMED.findall(json.dumps(step, default=str)), *used_by_publisher(publisher)} if step else given)[:500],
            }
        )

    def fault(self, kind: str, line: int | None, **told: Any) -> None:
        """Note what is wrong; the workflow is read on."""
        self.faults.append({"kind": kind, "file": self.document.name, "line": line, **told})


def loaded(folder: Path, root: str, file: str) -> tuple[Any, list[dict[str, Any]]]:
    """The workflow as reana-client loads it, with every reference replaced and defaults filled in."""
    warnings.simplefilter("ignore")
    import yadageschemas
    from jsonschema import ValidationError

    specopts = {"toplevel": str(folder / root), "schema_name": "yadage/workflow-schema", "schemadir": None, "load_as_ref": False}
    validopts = {"schema_name": "yadage/workflow-schema", "schemadir": None}
    try:
        return yadageschemas.load(spec=os.path.relpath(file, root or "."), specopts=specopts, validopts=validopts, validate=True), []
    except ValidationError as error:
        inner = meant(error)
        return None, [{"kind": "schema", "file": file, "path": list(inner.absolute_path), "message": cut(inner.message)}]
    except (Exception, RecursionError) as error:  # noqa: BLE001 -- the loader takes types by using them
        return None, [
            {
                "kind": "not understood",
                "file": file,
                "line": None,
                "message": cut(f"{type(error).__name__}: {error}".replace(f"{folder}/", "")),
            }
        ]


def meant(error: Any) -> Any:
    """The innermost error of the alternative that was meant: the one whose type is given, else the one that fits best."""
    branches: dict[Any, list[Any]] = {}
    for inner in error.context or []:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    if not branches:
        return error

    def is_other_type(inner: Any) -> bool:
        return inner.validator == "enum" and str(inner.absolute_path[-1]).endswith("_type")

    if all(any(map(is_other_type, inners)) for inners in branches.values()):
        found = next(inner for inners in branches.values() for inner in inners if is_other_type(inner))
        known = [value for inners in branches.values() for inner in inners if is_other_type(inner) for value in inner.validator_value]
        found.message = f"{found.instance!r} is not one of {known}"
        return found
    own = min(branches.values(), key=lambda inners: (any(map(is_other_type, inners)), len(inners)))
    return meant(max(own, key=lambda inner: len(inner.absolute_path)))


def answer(wish: dict[str, Any], folder: Path, scratch: Path) -> dict[str, Any]:
    """What stands in `wish["file"]` below the folder, and what Yadage's schemas say of it."""
    folder, file = folder.resolve(), os.path.normpath(os.path.join(wish["root"], wish["file"]))
    repository = Repository(folder)
    found: dict[str, Any] = {"nodes": [], "left_out": 0, "parameters": {}, "faults": [], "has_jobs": True}
    submission = None
    try:
        document = repository.document(file)
        if not isinstance(document.value, dict) or not isinstance(document.value.get("stages"), list):
            raise Fault("no stages", file, document.line("stages"))
        following = References(repository, file, wish["root"])
        following.check(document, document.value, (), (file,))
        found["faults"] = following.faults
        if not following.faults:
            submission, faults = loaded(folder, wish["root"], file)
            for fault in faults:
                fault["line"] = document.line(*fault.pop("path")) if "path" in fault else None
            found["faults"] = faults
        # Where it cannot be loaded as a whole, what stands in the file itself is still of use.
        reader = Reader(document)
        reader.stages(submission or document.value, (), "", [], 0)
        found |= {"nodes": inside(reader.nodes), "left_out": reader.left_out, "parameters": reader.parameters}
        found["faults"] = [*found["faults"], *repository.repeated(), *reader.faults[:50]][:50]
    except Fault as fault:
        found["faults"] = [fault.told]
    includes = sorted(set(repository.read) - {file})[:500]
    return dict(finite({**found, "includes": includes, "version": version("yadage"), "submission": submission}))
