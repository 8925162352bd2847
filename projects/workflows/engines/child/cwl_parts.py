"""Parts of a CWL document, which CWL writes in several ways, in one form."""

from dataclasses import dataclass
from typing import Any

from documents import Document, Fault, cut


@dataclass(frozen=True)
class Part:
    """A part of a file: its value and where it stands."""

    document: Document
    value: Any
    path: tuple[Any, ...] = ()

    def get(self, name: str) -> Any:
        """What the part holds under a name, where it is a mapping."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def line(self, *more: Any) -> int | None:
        """The line on which the part begins, or one in it."""
        line: int | None = self.document.line(*self.path, *more)
        return line

    def fault(self, kind: str, *more: Any, **values: Any) -> Fault:
        """A fault at this place."""
        return Fault(kind, self.document.name, self.line(*more), **values)

    def listed(self, name: str) -> list[tuple[str, "Part"]]:
        """The items that CWL writes as a map or as a list, each with its name without what packing puts before it."""
        value, path = self.get(name), (*self.path, name)
        if isinstance(value, dict):
            return [(str(key), Part(self.document, item, (*path, key))) for key, item in value.items()]
        items = enumerate(value) if isinstance(value, list) else ()
        return [(_short_name(item), Part(self.document, item, (*path, number))) for number, item in items]

    def names(self, name: str) -> list[str]:
        """The names alone."""
        return [item for item, _part in self.listed(name)]


def _short_name(item: Any) -> str:
    name = item.get("id") or item.get("name") or "" if isinstance(item, dict) else item
    return str(name).rpartition("#")[2].rpartition("/")[2]


def texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def inputs(process: Part) -> list[dict[str, Any]]:
    """What a process takes: names, types, and whether a value is needed."""
    found = []
    for name, part in process.listed("inputs"):
        kind = part.get("type") if isinstance(part.value, dict) else part.value
        is_optional = part.get("default") is not None or accepts_null(kind)
        found.append(
            {
                "name": name[:200],
                "type": cut(type_name(kind)),
                "required": not is_optional,
                "file": part.document.name,
                "line": part.line(),
            }
        )
    return found[:1_000]


def accepts_null(kind: Any) -> bool:
    """Whether a type is one that needs no value."""
    return kind == "null" or (isinstance(kind, str) and kind.endswith("?")) or (isinstance(kind, list) and any(map(accepts_null, kind)))


def type_name(kind: Any) -> str:
    """A type as CWL's short form writes it."""
    if isinstance(kind, dict):
        if kind.get("type") == "array":
            return f"{type_name(kind.get('items'))}[]"
        return f"enum ({', '.join(texts(kind.get('symbols')))})" if kind.get("type") == "enum" else type_name(kind.get("type"))
    return " or ".join(map(type_name, kind)) if isinstance(kind, list) else str(kind)


def command_of(process: Part) -> str:
    """The command line as it stands in the tool, with names where values come."""
    if process.get("class") == "ExpressionTool":
        return str(cut(process.get("expression") or ""))
    placed: list[tuple[Any, str]] = []
    arguments = process.get("arguments")
    for argument in arguments if isinstance(arguments, list) else []:
        if isinstance(argument, dict):
            words = [argument.get("prefix"), argument.get("valueFrom")]
            placed.append((argument.get("position"), " ".join(str(word).strip() for word in words if word)))
        else:
            placed.append((0, str(argument)))
    for name, part in process.listed("inputs"):
        binding = part.get("inputBinding")
        if isinstance(binding, dict):
            placed.append((binding.get("position"), f"{binding.get('prefix') or ''} $(inputs.{name})".strip()))
    ordered = sorted(placed, key=lambda pair: pair[0] if isinstance(pair[0], int) else 0)
    return str(cut(" ".join([*texts(process.get("baseCommand")), *(words for _position, words in ordered if words)])))


def requirements(process: Part) -> dict[str, tuple[dict[str, Any], bool]]:
    """Requirements and hints by their class, each with whether it is only a hint."""
    found: dict[str, tuple[dict[str, Any], bool]] = {}
    for part, is_hint in (("hints", True), ("requirements", False)):
        value = process.get(part)
        items = value.items() if isinstance(value, dict) else [(item.get("class"), item) for item in value or () if isinstance(item, dict)]
        found |= {str(kind): (item, is_hint) for kind, item in items if isinstance(item, dict) and kind not in (None, "$import")}
    return found


def inherited(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A process's own come first, then those around it; a requirement goes before a hint."""
    stronger = {kind: pair for kind, pair in given.items() if not pair[1] and own.get(kind, (None, True))[1]}
    return {**given, **own, **stronger}
