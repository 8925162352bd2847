"""A shell script that downloads the data of a basket with Rucio's command-line client."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.files.snippets import word
from projects.baskets.targets.collected import Collected, Data, lake_title
from projects.baskets.targets.writing import MISSING, Part, Target, Written, left_out
from vre_portal.citation_formats.reference import one_line

HEAD = """\
#!/usr/bin/env bash
# {title}
# {url}
# {needs}
failed=0
get() {{ rucio download --dir data -- "$1" || failed=$((failed + 1)); }}
"""
END = """\
[ "$failed" -eq 0 ] || { echo "$failed of these could not be downloaded" >&2; exit 1; }
"""


def write(collected: Collected) -> Written:
    """A script for each lake that has some of the data: the configuration of the client names one."""
    several = len(collected.data_by_lake) > 1
    parts = [part_of(collected, lake, rows, several=several) for lake, rows in collected.data_by_lake.items()]
    missing = [row.item for row in collected.data if row.is_missing]
    return Written(
        parts, left_out(collected.without_data, _("Rucio does not have these. Open them in the portal.")), notes=left_out(missing, MISSING)
    )


def part_of(collected: Collected, lake: str, rows: list[Data], *, several: bool) -> Part:
    """The script for the data of one lake; what fails is counted and does not end it."""
    title = lake_title(lake)
    suffix = f"-{lake}" if several else ""
    needs = one_line(_("Needs the Rucio client, configured for %(lake)s.") % {"lake": title})
    head = HEAD.format(title=one_line(collected.name), url=one_line(collected.url), needs=needs)
    text = head + "".join(f"get {word(row.text)}\n" for row in rows) + END
    shown = _("Script for %(lake)s") % {"lake": title} if several else _("Shell script")
    hint = _("Downloads into the folder “data”. It needs the Rucio client, configured for %(lake)s.") % {"lake": title}
    return Part(f"sh{suffix}", shown, text, f"{collected.file_stem}{suffix}.sh", "text/x-shellscript", hint)


TARGET = Target("script", gettext_lazy("Shell script"), gettext_lazy("Download the data with the command rucio"), "terminal", write)
