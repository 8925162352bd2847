"""Which files may be attached: text under almost any name, and what begins as a picture, a document, an archive or a file of data does."""

import io
import re

from django.utils.translation import gettext as _

from vre_portal.text_encoding import decode_text

PDF_MARK, PDF_HEAD = b"%PDF-", 1024  # readers of PDF take a mark that begins within so many bytes
# How files that are not text begin, where, and the suffixes that promise it. Text is accepted under any other suffix.
MARKS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpg jpeg"),
    (b"RIFF", 0, "webp"),
    (b"GIF8", 0, "gif"),
    (b"II*\0", 0, "tif tiff"),
    (b"MM\0*", 0, "tif tiff"),
    (b"ftyp", 4, "heic heif mp4 mov"),
    (b"PK\x03\x04", 0, "zip docx xlsx pptx odt ods odp npz"),
    (b"PK\x05\x06", 0, "zip"),  # an empty one
    (b"\xd0\xcf\x11\xe0", 0, "doc xls ppt"),
    (b"\x1f\x8b", 0, "gz tgz"),
    (b"BZh", 0, "bz2"),
    (b"\xfd7zXZ\0", 0, "xz"),
    (b"\x28\xb5\x2f\xfd", 0, "zst"),
    (b"7z\xbc\xaf", 0, "7z"),
    (b"ustar", 257, "tar"),
    (b"SIMPLE  =", 0, "fits fit fts fz"),
    (b"\x89HDF\r\n\x1a\n", 0, "h5 hdf5 nc"),
    (b"CDF", 0, "nc"),
    (b"PAR1", 0, "parquet"),
    (b"root", 0, "root"),
    (b"\x93NUMPY", 0, "npy"),
)
PROMISED = frozenset(suffix for _mark, _at, suffixes in MARKS for suffix in suffixes.split()) | {"pdf"}
PICTURES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
# Pictures that phones and chats save under the name of another kind: the right suffix, and what they are called.
KNOWN_PICTURES = {"png": "PNG", "jpg": "JPEG", "webp": "WebP", "gif": "GIF", "tif": "TIFF", "heic": "HEIC"}
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # of the family to which films belong, too
# What a desktop runs when it is opened, documents with macros and pages whose scripts run then; shell and Python scripts are read as text.
RUN_WHEN_OPENED = frozenset(
    [
        "apk",
        "app",
        "application",
        "bat",
        "cmd",
        "com",
        "command",
        "cpl",
        "desktop",
        "docm",
        "exe",
        "hta",
        "htm",
        "html",
        "inf",
        "jar",
        "jnlp",
        "js",
        "jse",
        "lnk",
        "mht",
        "mhtml",
        "msc",
        "msi",
        "pif",
        "pptm",
        "ps1",
        "ps1xml",
        "psm1",
        "reg",
        "scf",
        "scr",
        "shtml",
        "svgz",
        "url",
        "vb",
        "vbe",
        "vbs",
        "webloc",
        "wsf",
        "wsh",
        "xht",
        "xhtml",
        "xlsm",
    ]
)
# The types that are told to the browser; every other file is only bytes to it.
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "fits": "application/fits",
    "csv": "text/csv",
    "json": "application/json",
    **dict.fromkeys(("txt", "md", "log"), "text/plain"),
}
_CONTROLS = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")  # not bell, backspace, tab, line ends, form feed and escape


class NotAccepted(ValueError):
    """The file cannot be attached; the text says why."""


def accepted_type(name: str, content: bytes) -> str:
    """The type under which the file is served. Raises NotAccepted with what to do."""
    suffix = suffix_of(name)
    if suffix in RUN_WHEN_OPENED:
        text = _("“%(name)s” could run a program when somebody opens it. Put it into a zip file, and attach that.")
        raise NotAccepted(text % {"name": name})
    if suffix in PROMISED:
        if not keeps_promise(suffix, content):
            raise NotAccepted(broken_promise(name, suffix, content))
    elif not (is_text(content) or any(content.startswith(mark, at) for mark, at, _suffixes in MARKS)):
        text = _("“%(name)s” is neither text nor of a file type that is accepted. Put it into a zip file, and attach that.")
        raise NotAccepted(text % {"name": name})
    return TYPES.get(suffix, "application/octet-stream")


def suffix_of(name: str) -> str:
    """What follows the last dot, in small letters; empty for README and for .bashrc."""
    shown = name.lstrip(".").rstrip(". ")  # some systems drop dots and blanks at the end
    return shown.rpartition(".")[2].lower() if "." in shown else ""


def keeps_promise(suffix: str, content: bytes) -> bool:
    """Whether it begins as files with this suffix do."""
    if suffix == "pdf":
        return PDF_MARK in content[:PDF_HEAD]
    is_marked = any(content.startswith(mark, at) for mark, at, suffixes in MARKS if suffix in suffixes.split())
    return is_marked and (suffix not in PICTURES or is_picture(content, PICTURES[suffix]))


def broken_promise(name: str, suffix: str, content: bytes) -> str:
    """What is said of a file that does not begin as its suffix promises: what to call it, if it is a picture of another kind."""
    right = next((item for item in KNOWN_PICTURES if keeps_promise(item, content)), "")
    if right and (right != "heic" or content[8:12] in HEIC_BRANDS):
        text = _("“%(name)s” is a %(kind)s picture: rename it to “%(stem)s.%(right)s”.")
        return text % {"name": name, "kind": KNOWN_PICTURES[right], "stem": name[: -len(suffix) - 1], "right": right}
    return _("“%(name)s” does not contain what its name says (%(suffix)s).") % {"name": name, "suffix": suffix}


def is_text(content: bytes) -> bool:
    """Whether it is text: in any encoding, UTF-16 with its mark, with no control characters but those of lines, printers and terminals."""
    found = decode_text(content)
    is_named = not (found.is_guess and found.encoding == "UTF-16")  # small numbers in pairs of bytes look the same
    return is_named and bool(found.text) and _CONTROLS.search(found.text) is None


def is_picture(content: bytes, kind: str) -> bool:
    """Whether its head is that of a complete picture of this kind; no pixel is unpacked."""
    from PIL import Image  # here: few processes ever look at one, and all would hold the library

    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as found:
            found.verify()
    except Exception:  # noqa: BLE001 -- a decoder fails in as many ways as a file can be wrong
        return False
    return True
