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

from documents import Document, Fault, Repository, cut

MAX_NODES = 5_000
MAX_NESTING = 20
MAX_REFERENCES = 2_000
NAMED = re.compile(r"\{+\s*([A-Za-z_]\w*)\s*\}+")
WORDS = re.compile(r"[A-Za-z0-9_-]+")


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
        stages = [stage for stage in workflow.get("stages", []) if isinstance(stage, dict)]
        names = [str(stage.get("name")) for stage in stages]
        for number, stage in enumerate(stages):
            name, at = str(stage.get("name")), (*path, "stages", number)
            line = self.document.line(*at)
            if names.index(name) != number:
                self.fault("twice", line, name=name)
            scheduler = stage.get("scheduler") if isinstance(stage.get("scheduler"), dict) else {}
            given = parameters(scheduler.get("parameters"))
            asked = named(stage.get("dependencies"), names) | {known for value in given.values() for known in steps_of(value, names)}
            for missing in unknown(stage.get("dependencies"), given, names):
                self.fault("no stage", line, name=missing, stage=f"{prefix}{name}", known=[known for known in names if known != name])
            after = [f"{prefix}{known}" for known in names if known in asked and known != name] or after_outer
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
        self.join()

    def join(self) -> None:
        """Whoever waits for a stage that is a workflow waits for all of its stages."""
        keys = {node["key"] for node in self.nodes}
        inside: dict[str, list[str]] = {}
        for key in keys:
            parts = key.split("/")
            for end in range(1, len(parts)):
                inside.setdefault("/".join(parts[:end]), []).append(key)
        for node in self.nodes:
            node["after"] = sorted({key for name in node["after"] for key in ([name] if name in keys else inside.get(name, [name]))})

    def node(self, scheduler: dict[str, Any], key: str, name: str, given: dict[str, Any], after: list[str], line: int | None) -> None:
        if len(self.nodes) >= MAX_NODES:
            self.left_out += 1
            return
        step = scheduler.get("step") if isinstance(scheduler.get("step"), dict) else {}
        process, environment, publisher = (step.get(part) if isinstance(step.get(part), dict) else {} for part in ("process", "environment", "publisher"))
        command = process.get("cmd") or process.get("script") or ""
        image, tag = environment.get("image"), environment.get("imagetag")
        resources: dict[str, Any] = {}
        for item in environment.get("resources") if isinstance(environment.get("resources"), list) else []:
            if isinstance(item, dict):
                resources |= {str(key): value for key, value in item.items() if isinstance(value, str | int | float | bool)}
        if scheduler.get("scheduler_type") == "multistep-stage":
            scatter = scheduler.get("scatter") if isinstance(scheduler.get("scatter"), dict) else {}
            resources["scatter"] = ", ".join(str(item) for item in scatter.get("parameters", []) or []) or "yes"
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
                "used": sorted({*NAMED.findall(json.dumps(step, default=str)), *used_by_publisher(publisher)})[:500] if step else list(given)[:500],
            }
        )

    def fault(self, kind: str, line: int | None, **told: Any) -> None:
        self.faults.append({"kind": kind, "file": self.document.name, "line": line, **told})


def parameters(value: Any) -> dict[str, Any]:
    """Parameters of a stage by name, from the list that the loader makes of them."""
    if isinstance(value, list):
        return {str(item.get("key")): item.get("value") for item in value if isinstance(item, dict)}
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in items for text in texts(item)]


def named(dependencies: Any, names: list[str]) -> set[str]:
    """Stages that the dependencies name, plainly or inside a JSONPath."""
    expressions = dependencies.get("expressions") if isinstance(dependencies, dict) else dependencies
    words = {word for text in texts(expressions) for word in [text, *WORDS.findall(text)]}
    return words & set(names)


def references(value: Any) -> list[dict[str, Any]]:
    """Parts that take an output of a stage."""
    if isinstance(value, dict):
        own = [value] if any(key in value for key in ("step", "steps", "stages")) else []
        return own + [found for item in value.values() for found in references(item)]
    return [found for item in value for found in references(item)] if isinstance(value, list) else []


def steps_of(value: Any, names: list[str]) -> set[str]:
    return {name for part in references(value) for key in ("step", "steps", "stages") for name in named([part.get(key)], names)}


def init_outputs(value: Any) -> list[str]:
    """Parameters of the run that a stage's parameter takes."""
    return [str(part.get("output")) for part in references(value) if "init" in texts([part.get(key) for key in ("step", "steps", "stages")])]


def unknown(dependencies: Any, given: dict[str, Any], names: list[str]) -> list[str]:
    """Plain names of stages that do not exist."""
    expressions = dependencies.get("expressions") if isinstance(dependencies, dict) else dependencies
    asked = [*texts(expressions), *(text for value in given.values() for part in references(value) for text in texts([part.get("step")]))]
    return [name for name in dict.fromkeys(asked) if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in (*names, "init")]


def sources(value: Any) -> list[str]:
    found = references(value)
    if found:
        return [cut(f"{next((part[key] for key in ('step', 'steps', 'stages') if key in part), '')}/{part.get('output', '')}") for part in found]
    return [cut(value if isinstance(value, str) else json.dumps(value, default=str))] if value is not None else []


def published(publisher: dict[str, Any]) -> list[str]:
    """Names of what a stage gives on."""
    for key in ("publish", "outputmap"):
        if isinstance(publisher.get(key), dict):
            return [str(name) for name in publisher[key]][:100]
    return [str(publisher["outputkey"])] if publisher.get("outputkey") else []


def used_by_publisher(publisher: dict[str, Any]) -> list[str]:
    mapped = publisher.get("outputmap")
    return [str(item) for item in mapped.values()] if isinstance(mapped, dict) else []


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
        inner = max([error, *walk(error)], key=lambda found: len(found.absolute_path))
        return None, [{"kind": "schema", "file": file, "path": [part for part in inner.absolute_path], "message": cut(inner.message)}]
    except (Exception, RecursionError) as error:  # noqa: BLE001 -- the loader takes types by using them
        return None, [{"kind": "parser", "file": file, "line": None, "message": cut(f"{type(error).__name__}: {error}".replace(f"{folder}/", ""))}]


def walk(error: Any) -> list[Any]:
    return [found for inner in error.context or [] for found in [inner, *walk(inner)]]


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
        found |= {"nodes": reader.nodes, "left_out": reader.left_out, "parameters": reader.parameters}
        found["faults"] = [*found["faults"], *reader.faults][:50]
    except Fault as fault:
        found["faults"] = [fault.told]
    includes = sorted(set(repository.read) - {file})[:500]
    return {**found, "includes": includes, "version": version("yadage"), "submission": submission}
