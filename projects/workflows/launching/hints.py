"""The one place that merges hints: what the content file says, over it the workflow's author, over that the project's editors."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from projects.workflows import reana_yaml
from projects.workflows.declaring import DeclaredOutputs
from projects.workflows.launching.hint import Hint, fitting, kind_of, read_hint
from projects.workflows.launching.schema_file import FILE, read_schema
from vre_portal.text import storable

BLOCK = "vre"  # the part of a reana.yaml that is for this portal; REANA is not sent it
MAX_NOTES = 20


class Hinted(Protocol):
    """What has parameters and what is said of them."""

    @property
    def text(self) -> str:
        """The reana.yaml."""

    @property
    def parameter_schema(self) -> str:
        """The JSON schema of the author; empty where there is none."""

    @property
    def editor_hints(self) -> Any:
        """What the project's editors say, by parameter."""

    @property
    def default_parameters(self) -> dict[str, Any]:
        """The parameters with their defaults, wherever they stand."""

    def facts_of(self, parameter: str) -> dict[str, Any]:
        """What the content file says."""


@dataclass(frozen=True)
class AuthorHints:
    """What an author's hints are read from before there is a workflow."""

    text: str
    parameter_schema: str
    default_parameters: dict[str, Any]
    editor_hints: Any = None

    def facts_of(self, _parameter: str) -> dict[str, Any]:
        """Nothing: no content file knows it."""
        return {}


@dataclass(frozen=True)
class Hints:
    """The hint of each parameter, and what was said that is not used."""

    by_name: Mapping[str, Hint] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, name: str) -> Hint:
        """What is known of a parameter; an empty hint where nothing is."""
        return self.by_name.get(name, Hint())


def hints_of(specification: Hinted) -> Hints:
    """All that is known of the specification's parameters; read once for the same texts."""
    parameters = specification.default_parameters
    facts = {name: said for name in parameters if (said := specification.facts_of(name))}
    editors = specification.editor_hints if isinstance(specification.editor_hints, dict) else {}
    others = json.dumps([parameters, facts, editors], ensure_ascii=False)
    return _merged(specification.text, specification.parameter_schema, others, get_language())


@lru_cache(maxsize=128)
def _merged(text: str, schema: str, others: str, _language: str | None) -> Hints:
    checked = reana_yaml.read(text)
    parameters, facts, editors = json.loads(others)
    content_file, author, author_notes = _from_facts(facts), *_from_author(checked, schema, parameters)
    editing = {name: read_hint(raw)[0] for name, raw in editors.items() if isinstance(raw, dict)}
    merged: dict[str, Hint] = {}
    notes = list(author_notes)
    for name, default in parameters.items():
        hint = Hint(kind=kind_of(default))
        for source, words in ((content_file, _("content file")), (author, _("author’s hints")), (editing, _("hints of this project"))):
            if name in source:
                kept, wrong = fitting(source[name], default)
                notes += [_note(words, f"{name}: {reason}") for reason in wrong]
                hint = kept.over(hint)
        merged[name] = hint
    notes += [
        _note(_("hints of this project"), _("%(name)s is no longer a parameter") % {"name": name}) for name in editors if name not in merged
    ]
    shown = tuple(storable(note)[:300] for note in notes[:MAX_NOTES])
    return Hints(merged, shown if len(notes) <= MAX_NOTES else (*shown, _("… and %(n)s more.") % {"n": len(notes) - MAX_NOTES}))


def _note(source: str, words: str) -> str:
    return _("%(source)s: %(words)s.") % {"source": source, "words": words}


def _from_facts(facts: dict[str, Any]) -> dict[str, Hint]:
    """What the content file says; what is wrong with it was told when it was loaded."""
    return {name: read_hint(raw)[0] for name, raw in facts.items()}


def _from_author(checked: reana_yaml.ReanaYaml, schema: str, parameters: dict[str, Any]) -> tuple[dict[str, Hint], list[str]]:
    """What stands in the `vre:` block, over what stands in the JSON schema."""
    hints, faults = read_schema(schema, parameters) if schema else ({}, [])
    notes = [_note(schema_name(checked), words) for words in faults]
    block = checked.content.get(BLOCK)
    if block is None:
        return hints, notes
    if words := _headline_fault(checked, block):
        notes.append(_note(f"{BLOCK}: headline", words))
    for name, raw, words in _block(block, parameters):
        if words:
            notes.append(_note(f"{BLOCK}: {name}" if name else BLOCK, words))
        else:
            hint, wrong = read_hint(raw)
            notes += [_note(f"{BLOCK}: {name}", reason) for reason in wrong]
            hints[name] = hint.over(hints.get(name, Hint()))
    return hints, notes


def _block(block: Any, parameters: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name and mapping of each parameter in the block, or what is wrong with it."""
    if not isinstance(block, dict):
        yield "", {}, _("must be a mapping")
        return
    for key in block:
        if key not in ("parameters", "schema", "gpu", "headline"):
            yield "", {}, _("%(name)s is not known here") % {"name": storable(key)[:60]}
    if not isinstance(block.get("gpu", False), bool):
        yield "gpu", {}, _("must be true or false")
    if "headline" in block and not (isinstance(block["headline"], str) and block["headline"]):
        yield "headline", {}, _("must be the path of an output")
    said = block.get("parameters", {})
    if not isinstance(said, dict):
        yield "parameters", {}, _("must be a mapping")
        return
    for name, raw in said.items():
        if name not in parameters:
            yield storable(name)[:60], {}, _("there is no such parameter")
        elif not isinstance(raw, dict):
            yield name, {}, _("must be a mapping")
        else:
            yield name, raw, ""


def _headline_fault(checked: reana_yaml.ReanaYaml, block: Any) -> str:
    """Why no numbers will be read from the output that the author names; empty where nothing stands against it."""
    path = block.get("headline") if isinstance(block, dict) else None
    if not isinstance(path, str) or not path:
        return ""  # said with the other keys
    if not path.lower().endswith((".json", ".csv")):
        return _("%(name)s is neither JSON nor CSV") % {"name": storable(path)[:60]}
    is_declared = DeclaredOutputs.of(checked.content).naming(str(PurePosixPath(path)))
    return "" if is_declared else _("%(name)s is not a declared output") % {"name": storable(path)[:60]}


def schema_name(checked: reana_yaml.ReanaYaml) -> str:
    """The file beside the specification that holds the JSON schema: the one that the block names, else the usual one."""
    block = checked.content.get(BLOCK)
    named = block.get("schema") if isinstance(block, dict) else None
    return named if isinstance(named, str) and 0 < len(named) <= 300 else FILE


def version_of(editor_hints: Any) -> str:
    """Changes when the editors' hints do, and with nothing else."""
    return hashlib.sha256(json.dumps(editor_hints, sort_keys=True).encode()).hexdigest()[:24]
