"""Text for feeds and sitemaps: whatever somebody typed, the document stays well-formed."""

import re

from vre_portal.text import plain

# All that XML 1.0 does not allow in a document, not even as an entity.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: object) -> str:
    """The text with a visible mark in place of each control character and of each character that no XML document can hold."""
    return _FORBIDDEN.sub("\ufffd", plain(text))
