"""What is searched for in the directory: "who can help me with gammapy?" means gammapy."""

import re

from django.utils.translation import gettext

from vre_portal.folding import fold

MAX_WORDS, MAX_LENGTH = 10, 60
_WORD = re.compile(r"[\w+#.-]+")


def question_words() -> set[str]:
    """Words of a question that say nothing about what is searched for."""
    # Translators: words that people type around what they search for, separated by spaces.
    words = gettext(
        "a about an and anybody anyone are at can could do does expert experts for from has have help helps how i in is know knows looking me my need needs of on or "
        "our people person please show some somebody someone the to us we what which who with work works you"
    )
    return set(fold(words).split())


def search_words(query: str) -> list[str]:
    """The words that a profile must hold; all of them where none would be left."""
    words = [word.strip(".-")[:MAX_LENGTH] for word in _WORD.findall(fold(query))]
    words = [word for word in words if word]
    ignored = question_words()
    return ([word for word in words if word not in ignored] or words)[:MAX_WORDS]
