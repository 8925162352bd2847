"""Archives that are no zip, or a zip that is not whole: what they are by their first bytes, and what to do."""

import re
from collections.abc import Iterable
from typing import IO, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ZIP = b"PK\x03\x04"
OTHERS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)  # gzip, bzip2, xz, 7z, RAR, zstd
TAR, TAR_AT = b"ustar", 257
NAMED = re.compile(r".*\.(?:zip|tar|tgz|tbz2?|txz|7z|rar|(?:tar\.)?(?:gz|bz2|xz|zst))", re.IGNORECASE)
DAMAGED = _("%(file)s is a zip that is damaged or not complete. Make or download it again, and upload that.")
NO_ZIP = _("%(file)s is an archive of another kind than zip. Unpack it, and upload its folder as a zip.")


def kind_of_archive(stream: "IO[bytes] | Any") -> Promise | None:
    """What is wrong with an archive that cannot be read as a zip; None where it is none."""
    stream.seek(0)
    head = stream.read(TAR_AT + len(TAR))
    if head.startswith(ZIP):
        return DAMAGED
    return NO_ZIP if head.startswith(OTHERS) or head[TAR_AT:] == TAR else None


def first_archive(paths: Iterable[str]) -> str:
    """The first of some files that is named as an archive; empty where none is."""
    return next((path for path in sorted(paths, key=lambda path: (path.count("/"), path)) if NAMED.fullmatch(path)), "")
