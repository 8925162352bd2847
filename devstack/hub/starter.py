"""Write what a session begins with: the project's facts, a first notebook that reads its data, and one for data that were chosen."""

import json
import os
import re
from pathlib import Path
from typing import Any

from datalake.files.notebook_cells import FETCH, STOCK_CLIENT, cells, notebook_name
from devstack.hub.folders import write_private
from devstack.hub.options import Chosen, ProjectOptions

TEMPLATE = Path(__file__).with_name("start_notebook.py")
START = "start.ipynb"
MARK = "# %%"
SESSION_CLIENT = "from vre_session import Client"  # Rucio's, with the session's token as it is at each request

BASKET_CELLS = (
    "import vre\n\nbasket = vre.basket({number})\nbasket",
    'for item in basket:\n    print(f"{{item.kind}}: {{item.title}}")',
)


def write(folder: Path, project: ProjectOptions) -> str:
    """The name of the notebook to open; the facts are renewed each time."""
    facts = {"project": project.project, "title": project.title, "dids": list(project.dids)}
    facts |= {"more": project.more, "unreadable": list(project.unreadable)}
    write_private(folder / "project.json", json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    _write_new(folder / START, start_notebook(project))
    written = [START]
    if project.wishes.basket is not None:
        written.append(f"basket-{project.wishes.basket}.ipynb")
        _write_new(folder / written[-1], basket_notebook(project.wishes.basket))
    for chosen in (*project.further, project.chosen):
        if chosen:
            written.append(notebook_name(chosen.scope, chosen.name))
            _write_new(folder / written[-1], chosen_notebook(chosen))
    return written[-1]


def start_notebook(project: ProjectOptions) -> dict[str, Any]:
    """A title with the project's data, then the cells of the template, which is a script that can be checked."""
    found = [("markdown", f"# {markdown(project.title)}\n\nData of this project in the Data Lake:\n\n{listing(project)}")]
    for block in TEMPLATE.read_text().split(MARK)[1:]:
        head, _, body = block.partition("\n")
        if head.strip() == "[markdown]":
            found.append(("markdown", "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines())))
        else:
            found.append(("code", (in_session(FETCH) if head.strip() == "[fetch]" else body).strip()))
    return notebook(found)


def listing(project: ProjectOptions) -> str:
    """The project's data as a list, and what is left out of it."""
    lines = [f"- {coded(did)}" for did in project.dids] or ["This project lists no data yet."]
    if project.unreadable:
        lines += ["", "Not listed, because these are not DIDs (`scope:name`):", "", *(f"- {coded(did)}" for did in project.unreadable)]
    if project.more:
        lines += ["", f"{project.more:,} more are not listed here. The project's page in the portal lists all of them."]
    return "\n".join(lines)


def in_session(code: str) -> str:
    """A cell with the client that a session has; its token lives for as long as the session."""
    return code.replace(STOCK_CLIENT, SESSION_CLIENT)


def chosen_notebook(chosen: Chosen) -> dict[str, Any]:
    """What was chosen in the portal, and the cells that list it and bring it here."""
    words = (
        f"# {markdown(chosen.name)}\n\n{coded(f'{chosen.scope}:{chosen.name}')}\n\nRun the cells from the top. They use your identity "
        f"from the portal; the token is renewed automatically. The project's own data are in [{START}]({START})."
    )
    found = [("markdown", words)]
    for what, code in cells(chosen.scope, chosen.name, is_file=chosen.type == "FILE"):
        found += [("markdown", f"## {what}"), ("code", in_session(code))]
    return notebook(found)


def basket_notebook(number: int) -> dict[str, Any]:
    """The cells that read a basket of the portal."""
    words = (
        "# Your basket\n\nRun the cells from the top. They read the basket from the portal with your identity, as it is at that moment. "
        f"The project's own data are in [{START}]({START})."
    )
    return notebook([("markdown", words), *(("code", code.format(number=number)) for code in BASKET_CELLS)])


def notebook(found: list[tuple[str, str]]) -> dict[str, Any]:
    """The notebook format around cells that are each a kind and a text."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = [cell(kind, source, number) for number, (kind, source) in enumerate(found)]
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def cell(kind: str, source: str, number: int) -> dict[str, Any]:
    """One cell in the notebook format."""
    common: dict[str, Any] = {"cell_type": kind, "id": f"start-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
    return common if kind == "markdown" else {**common, "execution_count": None, "outputs": []}


def markdown(text: str) -> str:
    """Text from elsewhere as plain words: nothing in it is markup."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|$~&" else letter for letter in visible(text))


def coded(text: str) -> str:
    """The same as code, between more backticks than it has itself."""
    shown = visible(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def visible(text: str) -> str:
    """What cannot be seen is spelt out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _write_new(path: Path, content: dict[str, Any]) -> None:
    """A notebook that is there belongs to its owner and is never written over."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
