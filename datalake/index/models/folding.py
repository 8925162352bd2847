"""How the index folds case and accents: SQL functions, so that each writer and each search gets the same."""

import unicodedata
from typing import Any, override

from django.core.checks import CheckMessage
from django.db import models
from django.db.models import F, Func

from vre_portal.folding import fold

PLACES = range(0x80, 0x10000)  # of the characters that are no ASCII, up to the rare scripts


def functions() -> str:
    """The functions in SQL. `lake_folded` says the same as `fold`, of which it is made; a test compares them for thousands of characters.

    Names are ASCII as good as always: only other texts pay for the normalisation. Of long metadata the first 4000 characters are searched.
    """
    plain = f"lower(regexp_replace(normalize(value, NFKD), '[{_dropped()}]', '', 'g') collate \"default\")"  # untranslated: SQL
    letters = _letters()
    single = {char: base for char, base in letters.items() if len(base) == 1}
    folded = f"translate({plain}, '{''.join(single)}', '{''.join(single.values())}')"
    for char in sorted(letters.keys() - single.keys()):
        folded = f"replace({folded}, '{char}', '{letters[char]}')"
    return f"""
create function lake_folded(value text) returns text immutable parallel safe strict
return case when octet_length(value) = length(value) then lower(value) else {folded} end;
{OTHERS}"""


def _letters() -> dict[str, str]:
    """What `fold` makes another letter of, or several, where PostgreSQL leaves it as it is: ø, ß, a dash."""
    small = (char for char in map(chr, PLACES) if char == char.lower() == unicodedata.normalize("NFKD", char))
    return {char: base for char in small if (base := fold(char)) not in (char, "")}


def _dropped() -> str:
    """What folding leaves out, as ranges of a regular expression: accents, and what nobody sees."""
    ranges: list[list[int]] = []
    for place in PLACES:
        if not 0xD800 <= place <= 0xDFFF and not fold(chr(place)):
            ranges[-1:] = [[ranges[-1][0], place]] if ranges and ranges[-1][1] == place - 1 else [*ranges[-1:], [place, place]]
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)


OTHERS = """
create function lake_search_text(name text, meta jsonb) returns text immutable parallel safe
return left(lake_folded(name || case when jsonb_typeof(meta) = 'object' and meta <> '{}'
    then coalesce((select chr(10) || string_agg(left(value, 4000), chr(10) order by key <> 'title', key)
                   from jsonb_each_text(meta)), '') else '' end), 4000);

create function lake_title(meta jsonb) returns text immutable parallel safe
return left(lake_folded(meta ->> 'title'), 500)
"""
DROPPED = "drop function lake_search_text(text, jsonb); drop function lake_title(jsonb); drop function lake_folded(text)"


class Folded(Func):
    """The text in lower case and without accents."""

    function = "lake_folded"
    output_field = models.TextField()


class SearchText(Func):
    """What a word of a search is looked for in: the name, the title and the other values of the metadata, folded, a line each."""

    function = "lake_search_text"
    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__(F("name"), F("meta"))


class FoldedTitle(Func):
    """The title in the metadata, folded and cut; null where there is none."""

    function = "lake_title"
    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__(F("meta"))


class StoredText(models.GeneratedField):
    """A text that PostgreSQL computes and stores; the portal knows no other database, so that no check has to connect to one."""

    @override
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return super().check(**{**kwargs, "databases": ()})
