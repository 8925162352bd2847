"""Text files of a repository, as YAML and people read them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from vre_portal.text import is_storable


class BadText(ValueError):
    """The file is not there, or no text; the message says so, with the line where it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def text_of(files: Mapping[str, bytes], name: str) -> str:
    """The text of a file of the repository, without a byte order mark. Raises BadText."""
    if name not in files:
        raise BadText(_("%(file)s is not in the repository.") % {"file": name[:300]})
    content = bytes(files[name])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadText(_("%(file)s is not a text file in UTF-8.") % {"file": name[:300]}, line) from None
    if not is_storable(text):
        line = text[: text.find("\0")].count("\n") + 1
        raise BadText(_("%(file)s contains a NUL character, so it is no text file.") % {"file": name[:300]}, line)
    return text
