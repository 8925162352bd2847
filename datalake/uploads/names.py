"""What files are called in the lake, and where somebody may put them."""

import re
import unicodedata
from fnmatch import fnmatchcase

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.naming.patterns import PatternTooSlow, matches
from vre_portal.iam.models import User
from vre_portal.services import Service
from vre_portal.text import plain

RULE = r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*"  # as Rucio's generic schema, and no part of it looks like ".."
MAX_NAME_CHARS = 250
CYRILLIC = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)) | {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya",
}  # fmt: skip
SPELT = {"ß": "ss", "ẞ": "SS", "þ": "th", "ð": "d", "ъ": "", "ь": "", **CYRILLIC}


class BadName(ValueError):
    """A name that the lake does not take; the text says why."""


def check(lake: Service, name: str) -> str:
    """The name, or BadName."""
    if not name:
        raise BadName(_("Enter a name."))
    if len(name) > MAX_NAME_CHARS:
        text = _("The name is too long: it has %(length)s characters, at most %(limit)s are allowed.")
        raise BadName(text % {"length": len(name), "limit": MAX_NAME_CHARS})
    odd = sorted({plain(char) for char in name if not re.fullmatch(r"[A-Za-z0-9._/-]", char)})
    if not _fits(str(lake.options.get("upload_names") or RULE), name):
        if odd:
            text = _("Names can have letters, digits and . _ - with / between parts. Not allowed in this Data Lake: %(characters)s")
            raise BadName(text % {"characters": " ".join(odd[:8])})
        raise BadName(_("In this Data Lake, each part of a name must begin with a letter or a digit."))
    return name


def proposed(lake: Service, path: str) -> str:
    """What a file of somebody's folder would be called: its path, with what the lake does not take written in letters that it takes."""
    rule = str(lake.options.get("upload_names") or RULE)
    parts = [part for part in path.replace("\\", "/").split("/") if part.strip(". ")]
    simple = [part if _fits(rule, part) else _simple(part, rule) for part in parts]
    return str(lake.options.get("upload_separator") or "/").join(simple)[-MAX_NAME_CHARS:].lstrip("/._-")


def renamed(lake: Service, path: str, name: str) -> str:
    """In words, why the file is not called as it was; nothing where it is."""
    if name == path:
        return ""
    if len(path) > MAX_NAME_CHARS:
        return _("The beginning of the name is removed: at most %(limit)s characters are allowed.") % {"limit": MAX_NAME_CHARS}
    if path.lstrip("./") == name:
        text = _("“%(old)s” becomes %(new)s: this Data Lake does not allow names that begin with a dot.")
    else:
        text = _("“%(old)s” becomes %(new)s: this Data Lake does not allow all of its characters.")
    return text % {"old": plain(path)[:100], "new": name}


def _simple(part: str, rule: str) -> str:
    """One part of a path in characters that the lake takes; what stands before the ending is never lost as a whole."""
    spelt = "".join(char if _is_taken(char, rule) else _spelt(char) for char in unicodedata.normalize("NFC", part))
    clean = re.sub(r"_{2,}", "_", spelt) if "__" not in part else spelt
    stem, dot, ending = clean.rpartition(".")
    if dot and not stem.strip("._-") and not part.startswith("."):
        return f"file.{ending}"
    return clean.lstrip("._-") or "file"


def _is_taken(char: str, rule: str) -> bool:
    return _fits(rule, f"a{char}a") and char != "/"


def _fits(rule: str, name: str) -> bool:
    """Whether an operator's pattern takes the name; not, where it takes too long."""
    try:
        return matches(rule, name)
    except PatternTooSlow:
        return False


def _spelt(char: str) -> str:
    """The letter without its accents, or its name in Unicode (Ω is Omega); a low line for what is no letter."""
    base = "".join(item for item in unicodedata.normalize("NFKD", char) if not unicodedata.combining(item))
    if not base or (base.isascii() and base.isalnum()):
        return base
    if len(base) > 1:
        return "".join(_spelt(item) if not (item.isascii() and item.isalnum()) else item for item in base)
    if (small := base.lower()) in SPELT:
        return SPELT[small] if base == small else SPELT[small].capitalize()
    name = unicodedata.name(base, "")
    if " LETTER " in name:
        word = name.partition(" LETTER ")[2].partition(" WITH ")[0].removeprefix("FINAL ")
        return re.sub(r"[^A-Za-z0-9]", "", word.capitalize() if unicodedata.category(base) == "Lu" else word.lower())
    if base.isalnum():
        return f"u{ord(base):x}"  # of a script whose letters have numbers for names
    return "_"


def writable(lake: Service, user: User, account: str, scopes: list[rucio.OwnedScope]) -> list[str]:
    """The scopes that are the account's own, and those that services.toml opens to one of the person's groups."""
    opened = lake.options.get("upload_scopes") or {}
    groups = set(user.groups)

    def may(scope: rucio.OwnedScope) -> bool:
        return scope.account == account or any(
            fnmatchcase(scope.name, pattern) and groups & set(names) for pattern, names in opened.items()
        )

    return sorted((scope.name for scope in scopes if may(scope)), key=lambda name: (not name.startswith("user."), name))


def targets(lake: Service) -> list[str]:
    """The storage elements that the portal may write to, the usual one first."""
    usual = str(lake.options.get("upload_rse") or "")
    return list(dict.fromkeys(name for name in (usual, *(lake.options.get("upload_rses") or ())) if name))
