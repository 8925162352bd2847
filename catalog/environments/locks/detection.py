"""Which kind of list a text is."""

import re
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from catalog.environments.locks import documents, lines, toml_lines
from catalog.environments.locks.values import MAX_BYTES, BadLock, Entry, Lock, collected

Reader = Callable[[str, str], Iterator[Entry]]
# The first that fits counts.
KINDS: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("conda explicit", re.compile(r"^@EXPLICIT[ \t]*$", re.MULTILINE), lines.conda_explicit),
    (
        "conda-lock",
        re.compile(r"^package:[ \t]*\n(?:.*\n){0,20}?[ \t]*- (?:name|category|manager):", re.MULTILINE),
        lines.conda_lock,
    ),
    ("lock (TOML)", toml_lines.HEADER, toml_lines.toml_lock),
    ("environment.yml", re.compile(r"^dependencies:[ \t]*$", re.MULTILINE), documents.environment_yml),
)
_IS_JSON = re.compile(r"\s*(?:\{|\[(?!\[?[a-z]))")
_IS_TOML = re.compile(r"\s*\[")


def read(text: str, python: str = "") -> Lock:
    """The packages of a list: conda-lock, conda's own lists, environment.yml, pip freeze and requirements, uv.lock, poetry.lock and
    pylock.toml, SPDX or CycloneDX as JSON. With the version of Python in the image, what is for another one is left out. Raises BadLock."""
    if len(text) > MAX_BYTES:
        raise BadLock(_("The list is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000})
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if _IS_JSON.match(text):
        found = documents.json_list(text)
    else:
        kind, reader = next(((kind, reader) for kind, pattern, reader in KINDS if pattern.search(text)), _otherwise(text))
        found = collected(kind, reader(text, python))
    if not found.packages:
        raise BadLock(
            _(
                "No package was found. Choose a conda-lock file, environment.yml, the output of pip freeze, or an SPDX or CycloneDX file in JSON."
            )
        )
    return found


def _otherwise(text: str) -> tuple[str, Reader]:
    """The kind of a text that none of the patterns fits."""
    return ("lock (TOML)", toml_lines.toml_lock) if _IS_TOML.match(text) else ("requirements", lines.requirements)
