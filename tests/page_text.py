"""What a reader sees of a page."""

import re
from html import unescape


def text_of(page: bytes) -> str:
    """The text of a page without its tags; blanks and line ends are one blank."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.decode())))
