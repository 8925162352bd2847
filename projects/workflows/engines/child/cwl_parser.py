"""What cwl_utils says of a CWL document, and the one document that older servers want."""

import json
import re
from pathlib import Path
from typing import Any

from cwl_utils.pack import pack
from cwl_utils.parser import load_document_by_uri
from documents import cut
from schema_salad.exceptions import ValidationException

SALAD = re.compile(r"^(?:\* )?(?P<file>[^\s:]*):(?P<line>\d+):\d+:\s*(?P<words>.*)$")


MAX_FILES = 50  # that are given to the parser one by one


def by_parser(folder: Path, files: list[str]) -> tuple[list[dict[str, Any]], Any]:
    """What the parser itself finds wrong with each file, and the first one packed with all that it names."""
    faults = [fault for file in files[:MAX_FILES] for fault in parsed(folder, file)]
    if faults:
        return faults, None
    try:
        packed = pack(str(folder / files[0]))
        return [], json.loads(json.dumps(packed, default=str).replace(f"file://{folder}/", "").replace(f"{folder}/", ""))
    except Exception as error:  # noqa: BLE001 -- it takes types by using them
        return [
            {"kind": "pack", "file": files[0], "line": None, "message": "" if is_internal(error) else relative(str(error), folder)}
        ], None


def parsed(folder: Path, file: str) -> list[dict[str, Any]]:
    """What is wrong with one file."""
    try:
        load_document_by_uri((folder / file).as_uri(), load_all=True)
    except ValidationException as error:
        return leaves(error, folder, file)
    except (Exception, RecursionError) as error:  # noqa: BLE001 -- it takes types by using them
        kind = "not understood" if is_internal(error) else "parser"
        return [{"kind": kind, "file": file, "line": None, "message": relative(str(error), folder)}]
    return []


def is_internal(error: BaseException) -> bool:
    """Whether the words are about the parser's own program."""
    return isinstance(error, AttributeError | KeyError | IndexError | TypeError | RecursionError)


def relative(words: str, folder: Path) -> str:
    """The words with the repository's own names of its files."""
    words = re.sub(r"ruamel\.\S+String\b", "str", words)
    return str(cut(words.replace(f"file://{folder}/", "").replace(f"{folder}/", "")))


def leaves(error: Any, folder: Path, file: str) -> list[dict[str, Any]]:
    """The innermost messages of the parser's tree of errors, each with its place."""
    found = []
    for leaf in error.leaves():
        words, place = leaf.message, leaf.file
        match = SALAD.match(str(leaf).strip().split("\n")[0])
        line = leaf.start[0] if leaf.start else int(match["line"]) if match else None
        name = str(place or "").removeprefix(f"file://{folder}/").removeprefix(f"{folder}/") or file
        told = {
            "kind": "parser",
            "file": name,
            "line": line,
            "message": cut(words.replace(f"file://{folder}/", "").replace(f"{folder}/", "")),
        }
        if "<class '" in words:  # of the alternatives that a place has, in the parser's own words
            told = {**told, "kind": "form", "message": ""}
        if told not in found:
            found.append(told)
    return [told for told in found if told["kind"] != "form"][:20] or found[:1]
