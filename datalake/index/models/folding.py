"""How the index folds case and accents: SQL functions, so that each writer and each search gets the same."""

import unicodedata
from typing import Any, override

from django.core.checks import CheckMessage
from django.db import models
from django.db.models import F, Func

# Names are ASCII as good as always: only other texts pay for the normalisation. Of long metadata the first 4000 characters are searched.
FUNCTIONS = """
create function lake_folded(value text) returns text immutable parallel safe strict
return case when octet_length(value) = length(value) then lower(value)
    else lower(regexp_replace(normalize(value, NFKD), '[\\u0300-\\u036f]', '', 'g') collate "default") end;

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


def without_accents(text: str) -> str:
    """The text without accents, as `lake_folded` leaves it but for the case: what a typed pattern is before its own signs are escaped."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not "\u0300" <= char <= "\u036f")
