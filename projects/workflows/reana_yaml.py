"""A reana.yaml, read once into a form in which every part has the type that it should have; what has not is a fault with its place."""

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from projects.workflows import changed_values, passed_on
from vre_portal import __version__, bounded_yaml
from vre_portal.text import storable

ENGINES = ("serial", "cwl", "snakemake", "yadage")
ENGINE_TITLES = {"serial": "Serial", "cwl": "CWL", "snakemake": "Snakemake", "yadage": "Yadage"}  # untranslated: names
SHOWN = 60  # characters of a value that a fault quotes
MAX_FAULTS = 20
LONG = 5_000  # characters of a text that takes longer to read than to be fetched from the cache
KEPT_SECONDS = 24 * 3600
LONGEST_NAME, LONGEST_PATH = 200, 1000  # characters of a parameter's name, and of an input's path
WORD = re.compile(r"\w+")
KINDS: dict[type, Promise] = {dict: gettext_lazy("a mapping"), list: gettext_lazy("a list"), str: gettext_lazy("text")}


@dataclass(frozen=True)
class Step:
    """A step of a serial workflow."""

    name: str
    environment: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class ReanaYaml:
    """What a reana.yaml says. Parts with a fault are empty here; `faults` keep it from being launched, `remarks` are told before."""

    content: dict[str, Any] = field(default_factory=dict)
    engine: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    output_files: tuple[str, ...] = ()
    output_directories: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    fault_lines: dict[str, int] = field(default_factory=dict)  # of those faults whose line is known
    remarks: tuple[str, ...] = ()
    remarks_of_keys: tuple[str, ...] = ()  # of the remarks those about unknown keys, which a check of the file may tell, too

    def remarks_beside(self, messages: Iterable[str]) -> list[str]:
        """The remarks on a page with these messages of checks: without those about unknown keys where all of them are named there."""
        named = set(WORD.findall("\n".join(messages)))
        is_told = all(named.issuperset(WORD.findall(key)) for key in passed_on.unknown_keys(self.content))
        return [remark for remark in self.remarks if not (is_told and remark in self.remarks_of_keys)]

    @property
    def engine_title(self) -> str:
        """The engine's name as its authors write it."""
        return ENGINE_TITLES.get(self.engine, self.engine)

    @property
    def parameter_file(self) -> str:
        """The file that holds the parameters: `inputs.parameters.input` where reana-client would read one, or `workflow.parameters.file`; else empty."""
        value = self.parameters.get("input")
        return str(value) if _holds_parameters(value) and self.engine != "serial" else self.workflow_parameter_file

    @property
    def workflow_parameter_file(self) -> str:
        """What REANA 0.95 calls `workflow.parameters.file`; `inputs.parameters` stand over its values. Else empty."""
        workflow = self.content.get("workflow")
        named = workflow.get("parameters") if isinstance(workflow, dict) else None
        value = named.get("file") if isinstance(named, dict) else None
        return str(value) if _holds_parameters(value) else ""

    @property
    def parameter_file_key(self) -> str:
        """Where the file of parameters is named."""
        return "workflow.parameters.file" if self.parameter_file == self.workflow_parameter_file else "inputs.parameters.input"

    def over_file(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of the file of parameters with what stands over them; in place of it where `inputs.parameters` names the file."""
        return {**values, **self.parameters} if self.parameter_file == self.workflow_parameter_file else values

    @property
    def folders(self) -> tuple[str, ...]:
        """Where in the workspace the folders of `inputs.directories` go."""
        return tuple(dict.fromkeys(path for name in self.directories if (path := workspace_path(name))))

    @property
    def workflow_file(self) -> str:
        """The file of a workflow that is not written into the reana.yaml itself; else empty."""
        workflow = self.content.get("workflow")
        value = workflow.get("file") if isinstance(workflow, dict) else None
        return value if isinstance(value, str) else ""


def _holds_parameters(value: Any) -> bool:
    return isinstance(value, str) and value.endswith((".yaml", ".yml", ".json"))


class _Reader:
    """Looks at one part after another and notes what is wrong with it."""

    def __init__(self, loaded: bounded_yaml.Loaded) -> None:
        self.loaded = loaded
        self.faults: list[str] = []
        self.fault_lines: dict[str, int] = {}
        self.remarks: list[str] = []

    def fault(self, path: tuple[Any, ...], words: str) -> None:
        line = self.loaded.line(path)
        values = {"place": spelt(path), "line": line, "fault": words}
        self.faults.append((_("%(place)s (line %(line)s): %(fault)s") if line else _("%(place)s: %(fault)s")) % values)
        if line:
            self.fault_lines[self.faults[-1]] = line

    def spelt(self, path: tuple[Any, ...]) -> str:
        """A place with its line."""
        line = self.loaded.line(path)
        return _("%(place)s (line %(line)s)") % {"place": spelt(path), "line": line} if line else spelt(path)

    def part[T](self, value: Any, kind: type[T], path: tuple[Any, ...], *, required: bool = False) -> T:
        """The value, or an empty one of the kind with a fault noted; what is not there may be left out unless it is required."""
        if isinstance(value, kind):
            return value
        if required and value is None:
            self.fault(path, _("is missing; %(kind)s is needed") % {"kind": KINDS[kind]})
        elif value is not None:
            self.fault(path, _("must be %(kind)s, but is %(value)s") % {"kind": KINDS[kind], "value": described(value)})
        return kind()

    def texts(self, value: Any, path: tuple[Any, ...], *, required: bool = False) -> tuple[str, ...]:
        items = self.part(value, list, path, required=required)
        return tuple(self.part(item, str, (*path, number), required=True) for number, item in enumerate(items))

    def plain(self, value: Any, path: tuple[Any, ...] = ()) -> Any:
        """The value as JSON can carry it; what it cannot carry is a fault."""
        if isinstance(value, dict):
            written = {self.key(name, path): self.plain(item, (*path, name)) for name, item in value.items()}
            if len(written) < len(value):
                self.fault(path, _("two of its keys are equal when they are written as text"))
            return written
        if isinstance(value, list):
            return [self.plain(item, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            self.fault(path, _("%(value)s is not a number that REANA accepts") % {"value": value})
            return f".{value}".replace(".-", "-.")  # as YAML writes it, for pages that show what is wrong
        elif isinstance(value, str) and storable(value) != value:
            self.fault(path, _("contains a character that cannot be stored (NUL, or half of a character)"))
        elif value is None or isinstance(value, bool | int | float | str):
            return value
        else:
            self.fault(path, _("is %(value)s, which cannot be sent to REANA") % {"value": described(value)})
        return None

    def key(self, name: Any, path: tuple[Any, ...]) -> str:
        if isinstance(name, str) and storable(name) == name:
            return name
        if name is None or isinstance(name, bool | int):
            written = str(json.dumps(name))
            text = _("%(place)s: a key must be text; %(value)s is sent as “%(text)s”.")
            self.remarks.append(text % {"place": spelt((*path, written)), "value": described(name), "text": written})
            return written
        self.fault(path, _("has the key %(value)s; a key must be text") % {"value": described(name)})
        return storable(name)


def spelt(path: tuple[Any, ...]) -> str:
    """inputs.files[2], or a word for the document as a whole."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{storable(key)[:SHOWN]}" for key in path)
    return text.removeprefix(".") or _("the file")


def described(value: Any) -> str:
    """The kind of a value with its beginning, as a person would say it."""
    if value is None:
        return _("empty")
    if isinstance(value, dict):
        return _("a mapping")
    if isinstance(value, list):
        return _("a list")
    shown = storable(value)
    values = {"value": f"{shown[:SHOWN]}{'…' if len(shown) > SHOWN else ''}", "type": type(value).__name__}
    if isinstance(value, bool):
        return _("true or false “%(value)s”") % values
    if isinstance(value, int | float):
        return _("a number “%(value)s”") % values
    if isinstance(value, str):
        return _("the text “%(value)s”") % values
    return (_("binary data “%(value)s”") if isinstance(value, bytes) else _("a %(type)s “%(value)s”")) % values


@lru_cache(maxsize=128)
def read(text: str) -> ReanaYaml:
    """The checked form of a reana.yaml; never raises. It is shared between callers, who do not change it.

    One with many steps takes long to read, so all processes share what one of them read.
    """
    if len(text) < LONG:
        return _parsed(text)
    words = repr((__version__, get_language(), text))
    key = f"reana-yaml:{hashlib.sha256(words.encode(errors='backslashreplace')).hexdigest()}"
    known: ReanaYaml | None = cache.get(key)
    if known is None:
        known = _parsed(text)
        cache.set(key, known, KEPT_SECONDS)
    return known


def _parsed(text: str) -> ReanaYaml:
    try:
        loaded = bounded_yaml.load(text)
    except bounded_yaml.BadYaml as error:
        return ReanaYaml(faults=(_("the file: %(reason)s") % {"reason": error},))
    if loaded.value is None:
        return ReanaYaml(faults=(_("the file is empty, or has only comments"),))
    reader = _Reader(loaded)
    if loaded.repeated:
        reader.remarks.append(_("Keys given twice, of which only the last one is used: %(keys)s.") % {"keys": ", ".join(loaded.repeated)})
    if not isinstance(loaded.value, dict):
        reader.part(loaded.value, dict, (), required=True)
        return ReanaYaml(faults=tuple(reader.faults), fault_lines=reader.fault_lines)
    return _read(reader, reader.plain(loaded.value))


def _read(reader: _Reader, content: dict[str, Any]) -> ReanaYaml:
    inputs = reader.part(content.get("inputs"), dict, ("inputs",))
    outputs = reader.part(content.get("outputs"), dict, ("outputs",))
    engine, steps = _workflow(reader, content.get("workflow"))
    checked = ReanaYaml(
        content=content,
        engine=engine,
        parameters=reader.part(inputs.get("parameters"), dict, ("inputs", "parameters")),
        steps=steps,
        files=reader.texts(inputs.get("files"), ("inputs", "files")),
        directories=reader.texts(inputs.get("directories"), ("inputs", "directories")),
        output_files=reader.texts(outputs.get("files"), ("outputs", "files")),
        output_directories=reader.texts(outputs.get("directories"), ("outputs", "directories")),
    )
    if not reader.faults:  # of which a part may be one that is no text
        _input_paths(reader, {"files": checked.files, "directories": checked.directories})
    reader.part(inputs.get("options"), dict, ("inputs", "options"))
    for name in checked.parameters:
        if not 0 < len(name) <= LONGEST_NAME:
            reader.fault(
                ("inputs", "parameters", name), _("the name of a parameter has 1 to %(limit)s characters") % {"limit": LONGEST_NAME}
            )
    changed = changed_values.sentences(changed_values.below(reader.loaded.root, "inputs", "parameters"))
    told = _few([*reader.remarks, *islice(changed, MAX_FAULTS * 5)])
    of_keys = passed_on.of_unknown_keys(content, reader.spelt)
    remarks = (*told, *_passed_over(checked), *passed_on.of_content(content, reader.spelt), *of_keys)
    return replace(checked, faults=_few(reader.faults), fault_lines=reader.fault_lines, remarks=remarks, remarks_of_keys=tuple(of_keys))


def _input_paths(reader: _Reader, named: dict[str, tuple[str, ...]]) -> None:
    """REANA creates no workflow that has an input twice, alone or in a folder, nor one whose inputs lie outside the workspace."""
    places: dict[PurePosixPath, tuple[Any, ...]] = {}
    for part, names in named.items():
        for number, name in enumerate(names):
            place = ("inputs", part, number)
            if len(name) > LONGEST_PATH:  # of which each folder is looked up
                reader.fault(place, _("is too long; a path has at most %(limit)s characters") % {"limit": LONGEST_PATH})
                continue
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                reader.fault(place, _("REANA takes only paths in the workspace, but this is %(value)s") % {"value": described(name)})
            elif path in places:
                reader.fault(place, _("is the same as %(place)s; remove one of them") % {"place": reader.spelt(places[path])})
            else:
                places[path] = place
    for path, place in places.items():
        if folder := next((parent for parent in path.parents if parent in places), None):
            values = {"place": reader.spelt(places[folder]), "folder": described(str(folder))}
            reader.fault(place, _("is in the input %(place)s already (%(folder)s); remove one of them") % values)


def _workflow(reader: _Reader, value: Any) -> tuple[str, tuple[Step, ...]]:
    workflow = reader.part(value, dict, ("workflow",), required=True)
    if not workflow:
        return "", ()
    engine = reader.part(workflow.get("type"), str, ("workflow", "type"), required=True)
    if engine and engine not in ENGINES:
        reader.fault(
            ("workflow", "type"),
            _("must be one of %(engines)s, but is %(value)s") % {"engines": ", ".join(ENGINES), "value": described(engine)},
        )
    path: tuple[Any, ...] = ("workflow", "specification")
    specification = reader.part(workflow.get("specification"), dict, path, required=engine == "serial")
    if engine == "serial":
        steps = reader.part(specification.get("steps"), list, (*path, "steps"), required=bool(specification))
        return engine, tuple(_step(reader, item, (*path, "steps", number)) for number, item in enumerate(steps))
    if not specification:
        reader.part(workflow.get("file"), str, ("workflow", "file"), required=bool(engine in ENGINES))
    return engine, ()


def _step(reader: _Reader, value: Any, path: tuple[Any, ...]) -> Step:
    step = reader.part(value, dict, path, required=True)
    misspelt = passed_on.misspelt_keys(step)
    for like, name in misspelt.items():
        reader.fault((*path, like), _("is not known; do you mean “%(name)s”?") % {"name": name})
    needed = passed_on.REQUIRED_OF_STEPS - set(misspelt.values()) if step else frozenset()
    return Step(
        name=reader.part(step.get("name"), str, (*path, "name")) or _("step %(number)s") % {"number": path[-1] + 1},
        environment=reader.part(step.get("environment"), str, (*path, "environment"), required="environment" in needed),
        commands=reader.texts(step.get("commands"), (*path, "commands"), required="commands" in needed),
    )


def _passed_over(checked: ReanaYaml) -> tuple[str, ...]:
    """What the specification asks for and this portal does not do; shown on the launch page."""
    remarks = []
    if not checked.output_files and not checked.output_directories:
        remarks.append(_("No outputs are declared: results stay at REANA and are not shown here."))
    return tuple(remarks)


def workspace_path(name: str) -> str | None:
    """Where in the workspace a file of this name goes; None where the name leads out of it or cannot be a path."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or storable(name) != name:
        return None
    return str(path) if path.parts else None


def folder_prefix(name: str) -> str:
    """What the paths of the files in a folder begin with."""
    path = str(PurePosixPath(name))
    return "" if path == "." else f"{path}/"


def _few(words: list[str]) -> tuple[str, ...]:
    shown = list(dict.fromkeys(words))
    if len(shown) <= MAX_FAULTS:
        return tuple(shown)
    return (*shown[:MAX_FAULTS], _("… and %(n)s more.") % {"n": len(shown) - MAX_FAULTS})
