"""Where a file is on this machine: below a mounted lake, or in the cache."""

import hashlib
import re
from pathlib import Path

from vre import settings
from vre.addresses import origin
from vre.data.remote import ODD, RemoteFile
from vre.private_files import private_folder

PLAIN = re.compile(r"[A-Za-z0-9_+=,@-]")
MAX_NAME = 150  # file systems take 255 bytes, and some programs add to a name
MAX_ENDING = 20


def safe_name(name: str) -> str:
    """A name for one file that no name can lead out of its folder with; the same for the same name, and another for each other."""
    letters = [letter if PLAIN.match(letter) or (letter == "." and place) else _spelt(letter) for place, letter in enumerate(name)]
    whole = "".join(letters)
    if whole.endswith("."):  # which Windows drops
        whole = f"{whole[:-1]}%2E"
    if 0 < len(whole) <= MAX_NAME:
        return whole
    ending = re.search(r"(?:\.[A-Za-z0-9]{1,8}){1,2}$", whole)
    tail = ending[0] if ending and len(ending[0]) <= MAX_ENDING else ""
    return f"{whole[: MAX_NAME - 46]}%~{_digest(name)}{tail}"


def _spelt(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def number_of(file: RemoteFile) -> str:
    """Eight letters that tell a file from others of a similar name."""
    return _digest(file.scope, file.name)[:8]


def cache_place(portal: str, lake: str, scope: str, name: str) -> Path:
    """The place of a file or dataset in the cache, in a folder of its own: names that differ in case alone stay apart."""
    _, host, port = origin(portal)
    digest = _digest(lake, scope, name)
    return settings.cache_folder() / safe_name(f"{host}@{port}") / safe_name(lake) / digest / safe_name(name)


def cache_folder(folder: Path) -> Path:
    """The folder of a place in the cache, which nobody else can change; raises NotPossible."""
    return private_folder(folder, settings.cache_folder())


def mounted(file: RemoteFile) -> Path | None:
    """The file in the mounted lake, if there is one with the right size; never one outside of the mount, also not by a link."""
    place = settings.lake_mounts().get(file.lake)
    if place is None or any(ODD.search(text) or "\0" in text or "\\" in text for text in (file.scope, file.name)):
        return None
    mount = Path(place[: place.index("{")].rpartition("/")[0] or "/")
    own = {"scope": file.scope, "name": file.name, "hash": hash_of(file)}
    path = Path(re.sub(r"\{(scope|name|hash)\}", lambda found: own[found[1]], place))
    try:
        is_good = path.is_file() and file.bytes in (None, path.stat().st_size) and path.resolve().is_relative_to(mount.resolve())
    except (OSError, ValueError, RuntimeError):  # the last one for links in a circle, until Python 3.12
        return None
    return path if is_good else None


def hash_of(file: RemoteFile) -> str:
    """The two folders in which Rucio's default layout of a storage has a file."""
    digest = hashlib.md5(f"{file.scope}:{file.name}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}"
