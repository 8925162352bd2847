"""An event as a chat message in Markdown, in which the words of people call nobody and make no links."""

import re
from urllib.parse import quote

from vre_portal.text import plain

MAX_WORDS = 300  # characters of title and text each
BREAK = "\u200a"  # a hair space: hardly seen, but a space to all that looks for calls and addresses (characters without width are not)
# Before the second of these: @all and a@b.org, &#64;all (chats read characters by their names), http://, [words](address), and host names.
_PAIRS = re.compile(r"(?<=@)|(?<=&)(?=[#\w])|(?<=:)(?=//)|(?<=\])|(?<=\w\.)(?=[^\W\d_])")
_CONTROLS = str.maketrans({"<": "‹", ">": "›"})  # <!channel>, <@U1> and <https://...>: there is no way to write them that all chats know
ADDRESS_CHARACTERS = "/:?#&=%+,;~$"


def message(title: str, text: str, url: str) -> str:
    """The title in bold, a short text, and the only link, in a line of its own."""
    words = f"**{harmless(title)}**" + (f" – {harmless(text)}" if text.strip() else "")
    return f"{words}\n{quote(url, safe=ADDRESS_CHARACTERS)}"


def harmless(text: str) -> str:
    """The words in one line, without what a chat (Mattermost, Slack, Rocket.Chat, Discord) makes a call or a link of."""
    line = " ".join(plain(text).split())
    short = line if len(line) <= MAX_WORDS else f"{line[: MAX_WORDS - 1]}…"
    return _PAIRS.sub(BREAK, short.translate(_CONTROLS))
