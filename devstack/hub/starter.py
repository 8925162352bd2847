"""Write what a session begins with: the project's facts and a first notebook that reads its data."""

import json
import os
from pathlib import Path
from typing import Any

from devstack.hub.folders import write_private
from devstack.hub.options import ProjectOptions

TEMPLATE = Path(__file__).with_name("start_notebook.py")
MARK = "# %%"


def write(folder: Path, project: ProjectOptions) -> None:
    """The facts are renewed each time; a notebook that is there belongs to its owner and is never written over."""
    facts = {"project": project.project, "title": project.title, "dids": list(project.dids)}
    write_private(folder / "project.json", json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    try:
        handle = os.open(folder / "start.ipynb", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        json.dump(notebook(project), file, indent=1, ensure_ascii=False)


def notebook(project: ProjectOptions) -> dict[str, Any]:
    """The notebook: a title with the project's data, then the cells of the template, which is a script that can be checked."""
    data = "\n".join(f"- `{did}`" for did in project.dids) or "This project lists no data yet."
    cells = [cell("markdown", f"# {markdown(project.title)}\n\nData of this project in the Data Lake:\n\n{data}", 0)]
    for number, block in enumerate(TEMPLATE.read_text().split(MARK)[1:], start=1):
        head, _, body = block.partition("\n")
        if head.strip() == "[markdown]":
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines())
            cells.append(cell("markdown", body, number))
        else:
            cells.append(cell("code", body.strip(), number))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def cell(kind: str, source: str, number: int) -> dict[str, Any]:
    """One cell in the notebook format."""
    common: dict[str, Any] = {"cell_type": kind, "id": f"start-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
    return common if kind == "markdown" else {**common, "execution_count": None, "outputs": []}


def markdown(text: str) -> str:
    """A title as plain text: nothing in it is markup."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|$~&" else letter for letter in text)
