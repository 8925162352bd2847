"""What people copy from a DID's page to use it elsewhere: commands and code in which a hostile name stays a name."""

import shlex

from datalake.cells import cells


def commands(scope: str, name: str, *, is_file: bool) -> list[tuple[str, str]]:
    """What to type in a terminal, each with what it does."""
    did = f"{scope}:{name}"
    # What begins with a dash would be read as an option; after two dashes it is a name.
    shown = ("-- " if did.startswith("-") else "") + shlex.quote(did)
    return [
        ("Fetch it", f"rucio download {shown}"),
        ("See where its copies are", f"rucio replica list {'file' if is_file else 'dataset'} {shown}"),
    ]


def code(scope: str, name: str, *, is_file: bool) -> str:
    """What to paste into a notebook: the cells with which a notebook begins that was opened with it, in one."""
    return "\n\n".join(text for _, text in cells(scope, name, is_file=is_file))
