"""Which kind of list a text is."""

import re
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from catalog.environments.locks import documents, lines
from catalog.environments.locks.values import MAX_BYTES, BadLock, Lock, Locked, collected

Reader = Callable[[str], Iterator[Locked | str]]
# The first that fits counts.
KINDS: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("conda explicit", re.compile(r"^@EXPLICIT\s*$", re.MULTILINE), lines.conda_explicit),
    ("conda-lock", re.compile(r"^package:\s*$[\s\S]{0,400}?^\s*- (?:name|category|manager):", re.MULTILINE), lines.conda_lock),
    ("lock (TOML)", re.compile(r"^\[\[package\]\]\s*$", re.MULTILINE), documents.toml_lock),
    ("environment.yml", re.compile(r"^dependencies:\s*$", re.MULTILINE), documents.environment_yml),
)


def read(text: str) -> Lock:
    """The packages of a list: conda-lock, conda's own lists, environment.yml, pip freeze and requirements, uv.lock and poetry.lock, SPDX or
    CycloneDX as JSON. Raises BadLock."""
    if len(text) > MAX_BYTES:
        raise BadLock(_("The list is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000})
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if text.lstrip()[:1] in ("{", "["):
        found = documents.json_list(text) if not re.match(r"\s*\[\[?[a-z]", text) else collected("lock (TOML)", documents.toml_lock(text))
    else:
        kind, reader = next(
            ((kind, reader) for kind, pattern, reader in KINDS if pattern.search(text)), ("requirements", lines.requirements)
        )
        found = collected(kind, reader(text))
    if not found.packages:
        raise BadLock(
            _(
                "No package was found. Choose a conda-lock file, environment.yml, the output of pip freeze, or an SPDX or CycloneDX file in JSON."
            )
        )
    return found
