"""What people copy from a DID's page to use it elsewhere: commands and code in which a hostile name stays a name."""

import shlex

from django.utils.translation import gettext as _

from datalake.files.notebook_cells import cells
from vre_portal.text import plain


def commands(scope: str, name: str, *, is_file: bool) -> list[tuple[str, str]]:
    """Commands for a terminal, each after the line that says what it does."""
    did = f"{scope}:{name}"
    # What begins with a dash would be read as an option; after two dashes it is a name.
    shown = ("-- " if did.startswith("-") else "") + word(did)
    return [
        (_("Download in a terminal"), f"rucio download {shown}"),
        (_("List copies in a terminal"), f"rucio replica list {'file' if is_file else 'dataset'} {shown}"),
    ]


def word(text: str) -> str:
    """One word of a shell. A character that no eye sees could press a key in the terminal, or turn the line round: it is spelled out."""
    if plain(text) == text and text.isprintable():
        return shlex.quote(text)
    seen = (char if char.isprintable() and plain(char) == char else "".join(f"\\x{byte:02x}" for byte in char.encode()) for char in text)
    return "$'" + "".join(f"\\{char}" if char in "\\'" else char for char in seen) + "'"


def code(scope: str, name: str, *, is_file: bool) -> str:
    """What to paste into a notebook: the cells with which a notebook begins that was opened with it, in one."""
    return "\n\n".join(text for _title, text in cells(scope, name, is_file=is_file))
