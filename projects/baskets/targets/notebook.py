"""Code that downloads the data of a basket in a notebook, and a notebook with it."""

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.files.notebook_cells import FETCH
from projects.baskets.targets import rucio_list
from projects.baskets.targets.collected import Collected, Data, lake_title
from projects.baskets.targets.writing import MISSING, Part, Target, Written, left_out

PYTHON, NOTEBOOK = "text/x-python", "application/x-ipynb+json"
LIST = """\
dids = [
{dids}
]
client, files = Client(), []
for scope, name in dids:
    try:
        files += client.list_files(scope, name)
    except Exception as error:  # the others are downloaded all the same
        print(f"{{scope}}:{{name!a}}: {{error}}")
files = list({{(file["scope"], file["name"]): file for file in files}}.values())
total = sum(file["bytes"] or 0 for file in files)
print(f"{{len(files):,}} files, {{total:,}} bytes; {{shutil.disk_usage('.').free:,}} bytes of disk space free")"""
DOWNLOAD = """\
paths = []
for file in files:
    try:
        paths.append(fetch(file))
    except OSError as error:
        print(error)"""


PACKAGE = """\
import vre

basket = vre.basket({number})
for item in basket:
    if item.kind == "did":
        print(item.path())
"""


def write(collected: Collected) -> Written:
    """Code and a notebook for each lake that has some of the data: a session is signed in to one."""
    several = len(collected.data_by_lake) > 1
    parts = [part for lake, rows in collected.data_by_lake.items() for part in parts_of(collected, lake, rows, several=several)]
    if parts and collected.number:
        parts.insert(0, with_package(collected))
    missing = [row.item for row in collected.data if row.is_missing]
    return Written(
        parts,
        left_out(collected.without_data, _("These are no data of a Data Lake. Open them in the portal.")),
        notes=[*left_out(missing, MISSING), *rucio_list.beyond(collected)],
    )


def parts_of(collected: Collected, lake: str, rows: list[Data], *, several: bool) -> list[Part]:
    """The code and the notebook for the data of one lake."""
    suffix, stem = (f"-{lake}", f"{collected.file_stem}-{lake}") if several else ("", collected.file_stem)
    cells = [FETCH.strip(), LIST.format(dids=literals(rows)), DOWNLOAD]
    title = _("Python for %(lake)s") % {"lake": lake_title(lake)} if several else _("Python")
    file_title = _("Notebook for %(lake)s") % {"lake": lake_title(lake)} if several else _("Notebook")
    hint = _("Run it in a notebook session, or anywhere with the Rucio client. Check the total size before you download.")
    opened = _("Open it in JupyterLab: the Rucio extension shows the data as attached.")
    return [
        Part(f"python{suffix}", title, "\n\n".join(cells) + "\n", f"{stem}.py", PYTHON, hint),
        Part(f"ipynb{suffix}", file_title, notebook_of(cells, rows), f"{stem}.ipynb", NOTEBOOK, opened, is_shown=False),
    ]


def with_package(collected: Collected) -> Part:
    """The few lines that read a whole basket of the person's own, whatever is in it by then."""
    hint = _("Reads the basket as it is when the code runs. The package vre is installed in notebook sessions.")
    return Part("vre", _("With the package vre"), PACKAGE.format(number=collected.number), f"{collected.file_stem}-vre.py", PYTHON, hint)


def literals(rows: list[Data]) -> str:
    """Scopes and names as ASCII literals, so that no character in them can mislead."""
    return "\n".join(f"    ({row.did.scope!a}, {row.did.name!a})," for row in rows)


def notebook_of(cells: list[str], rows: list[Data]) -> str:
    """A notebook of format 4.5 with these cells."""
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "execution_count": None, "outputs": [], "source": text}
        for number, text in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}  # untranslated: a name in Jupyter
    metadata = {"kernelspec": kernel, rucio_list.METADATA: rucio_list.attachments(rows)}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


TARGET = Target("notebook", gettext_lazy("Notebook code"), gettext_lazy("Download the data in a notebook"), "notebook", write)
