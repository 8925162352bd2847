"""Data of the lakes as things that people follow and collect."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext_lazy

from datalake.index import search_source
from datalake.index.models import IndexEntry
from datalake.pages.addresses import did_address
from vre_portal import things
from vre_portal.things import Reader, ThingPage

TOPIC = "did"
PARTS = 3  # of a value: lake, scope, name
Name = tuple[str, str, str]
LOOKS = {
    "FILE": (gettext_lazy("File"), "file"),
    "DATASET": (gettext_lazy("Dataset"), "folder"),
    "CONTAINER": (gettext_lazy("Container"), "layers"),
}
UNINDEXED = gettext_lazy("Not in the index of the Data Lake: new or deleted")


def register() -> None:
    """Data can be followed, too."""
    things.register(TOPIC, label=gettext_lazy("Data"), icon="database", pages=pages, can_be_followed=True)


def pages(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those of some data, as `lake:scope:name`, whose scopes the reader may see; also what the index does not have, for that may be late."""
    named = {value: _parts(value) for value in values if value.count(":") >= PARTS - 1}
    visible = search_source.visible_scopes(reader, {f"{lake}:{scope}" for lake, scope, _name in named.values()})
    shown = {value: name for value, name in named.items() if name[-1] and ":".join(name[:-1]) in visible}
    types = _types(shown.values())
    return {value: _page(name, types.get(name)) for value, name in shown.items()}


def _parts(value: str) -> Name:
    lake, scope, name = value.split(":", PARTS - 1)
    return lake, scope, name


def _page(name: Name, type_: str | None) -> ThingPage:
    label, icon = LOOKS.get(type_ or "", ("", ""))
    return ThingPage(":".join(name[1:]), did_address("did", *name), label=label, icon=icon, note="" if type_ else UNINDEXED)


def _types(names: Collection[Name]) -> dict[Name, str]:
    """What the index says they are, by one question."""
    by_scope: dict[tuple[str, str], list[str]] = {}
    for lake, scope, name in names:
        by_scope.setdefault((lake, scope), []).append(name)
    if not by_scope:
        return {}
    wanted = reduce(or_, (Q(scope__lake=lake, scope__name=scope, name__in=its) for (lake, scope), its in by_scope.items()))
    found = IndexEntry.objects.filter(wanted, scope__gone=False).values_list("scope__lake", "scope__name", "name", "type")
    return {(lake, scope, name): type_ for lake, scope, name, type_ in found}
