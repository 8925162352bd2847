"""The data of a basket as Rucio's own tools take them: a list of DIDs, and what the JupyterLab extension attaches to a notebook."""

import builtins
import json
import keyword
import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.baskets.targets.collected import Collected, Data, lake_title
from projects.baskets.targets.writing import LeftOut, Part, Target, Written, left_out

METADATA = "rucio_attachments"  # where the extension keeps its list in the metadata of a notebook
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")
MAX_ATTACHED = 100  # to one notebook
MAX_VARIABLE = 40  # characters
OWN_NAMES = ("client", "dids", "files", "paths", "total", "fetch", "place", "harmless")  # of the notebook's code
TAKEN = {*dir(builtins), *keyword.softkwlist, *OWN_NAMES}


def write(collected: Collected) -> Written:
    """Both for each lake that has some of the data. A name with a line break has no place in a list."""
    several = len(collected.data_by_lake) > 1
    parts = [part for lake, rows in collected.data_by_lake.items() for part in parts_of(collected, lake, rows, several=several)]
    broken = [row.item for row in collected.data if not is_line(row.text)]
    untyped = [row.item for row in collected.data if not row.type and not row.is_missing]
    missing = [row.item for row in collected.data if row.is_missing]
    return Written(parts, [
        *left_out(collected.without_data, _("These are no data of a Data Lake.")),
        *left_out(broken, _("These names have a line break, so they are not in the list of DIDs. Open them in the portal.")),
        *left_out(untyped, _("It is not known yet whether these are files or datasets, so they are not attached. Try again later, or attach them in JupyterLab.")),
        *left_out(missing, _("The Data Lake did not have these when it was last compared, so they are not attached.")),
        *beyond(collected),
    ])  # fmt: skip


def parts_of(collected: Collected, lake: str, rows: list[Data], *, several: bool) -> list[Part]:
    """The list and the attachments for the data of one lake."""
    suffix, stem = (f"-{lake}", f"{collected.file_stem}-{lake}") if several else ("", collected.file_stem)
    place = {"lake": lake_title(lake)}
    lines = "".join(f"{row.text}\n" for row in rows if is_line(row.text))
    attached = json.dumps({METADATA: attachments(rows)}, indent=1) + "\n"
    hint = _("For the metadata of a notebook (Property Inspector, Advanced Tools). Each one becomes a variable with its path.")
    return [
        Part(f"dids{suffix}", _("DIDs in %(lake)s") % place if several else _("DIDs"), lines, f"{stem}.txt", "text/plain"),
        Part(
            f"attachments{suffix}",
            _("Attachments for %(lake)s") % place if several else _("Attachments of the Rucio extension"),
            attached, f"{stem}-attachments.json", "application/json", hint,
        ),
    ]  # fmt: skip


def is_line(did: str) -> bool:
    """Whether it is one line to every program."""
    return did.splitlines() == [did]


def attachments(rows: list[Data]) -> list[dict[str, str]]:
    """Each with a variable of its own; what is of unknown type cannot be attached. The extension asks the lake about each when it opens."""
    taken: set[str] = set()
    return [
        {"did": row.text, "type": "file" if row.type == "FILE" else "collection", "variableName": variable(row.did.name, taken)}
        for row in attachable(rows)[:MAX_ATTACHED]
    ]


def attachable(rows: list[Data]) -> list[Data]:
    """Those of known type."""
    return [row for row in rows if row.type]


def beyond(collected: Collected) -> list[LeftOut]:
    """What is not attached because there are too many in one lake."""
    rows = [row for its in collected.data_by_lake.values() for row in attachable(its)[MAX_ATTACHED:]]
    words = _("Only the first %(limit)s data of a Data Lake are attached to a notebook. Use the Python code for these.")
    return left_out((row.item for row in rows), words % {"limit": MAX_ATTACHED})


def variable(name: str, taken: set[str]) -> str:
    """A name for a variable that no other one has."""
    words = NOT_IN_A_NAME.sub("_", name.rpartition("/")[2]).strip("_").lower()[:MAX_VARIABLE] or "data"
    stem = f"data_{words}" if words[0].isdigit() or keyword.iskeyword(words) or words in TAKEN else words
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}_{number}", number + 1
    taken.add(found)
    return found


TARGET = Target("rucio", gettext_lazy("List of DIDs"), gettext_lazy("For Rucio and its JupyterLab extension"), "file-text", write)
