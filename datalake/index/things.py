"""Data of the lakes as things that people follow and collect."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from datalake.index import search_source, visitors
from datalake.index.did_facts import DidFacts, DidKey, facts_of, metadata_of
from datalake.index.models import IndexEntry
from datalake.pages.addresses import did_address
from datalake.pages.metadata_export import doi_in, first_value, texts
from vre_portal import things
from vre_portal.citation_formats import Author, Reference, ReferenceType
from vre_portal.page_head import absolute
from vre_portal.search import sources
from vre_portal.things import Reader, ThingPage
from vre_portal.vocabularies import doi

TOPIC = "did"
PARTS = 3  # of a value: lake, scope, name
Name = tuple[str, str, str]
LOOKS = {
    "FILE": (gettext_lazy("File"), "file"),
    "DATASET": (gettext_lazy("Dataset"), "folder"),
    "CONTAINER": (gettext_lazy("Container"), "layers"),
}
MISSING = gettext_lazy("Not found in the Data Lake")


def register() -> None:
    """Data can be followed, too."""
    remote = things.RemoteAccess(ask_access, of_unknown_access)
    things.register(
        TOPIC, label=gettext_lazy("Data"), icon="database", pages=pages, can_be_followed=True, remote=remote, references=references
    )
    sources.register_things("data", TOPIC, names_of)


def pages(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those of some data, as `lake:scope:name`, whose scopes the reader may see; also what the index does not have, for that may be late."""
    named = _named(values)
    visible = search_source.visible_scopes(reader, {f"{lake}:{scope}" for lake, scope, _name in named.values()})
    shown = {value: name for value, name in named.items() if name[-1] and ":".join(name[:-1]) in visible}
    facts = facts_of(DidKey(*name) for name in shown.values())
    return {value: _page(name, facts.get(DidKey(*name))) for value, name in shown.items()}


def names_of(entries: Sequence[str]) -> Mapping[str, str]:
    """Data by the numbers of their entries in the index, as the search finds them."""
    rows = IndexEntry.objects.filter(pk__in=entries).values_list("pk", "scope__lake", "scope__name", "name")
    return {str(pk): ":".join(name) for pk, *name in rows}


def references(values: Sequence[str]) -> Mapping[str, Reference]:
    """How to cite the data whose metadata have a DOI."""
    keys = {DidKey(*name): value for value, name in _named(values).items()}
    return {keys[did]: _reference(did, meta) for did, meta in metadata_of(keys) if doi.is_valid(doi_in(meta))}


def _reference(did: DidKey, meta: Mapping[str, Any]) -> Reference:
    people = [Author.person(name) for name in texts(first_value(meta, "creator") or [])]
    return Reference(
        type=ReferenceType.DATASET, title=str(first_value(meta, "title") or did.name)[:300], authors=tuple(people), doi=doi_in(meta),
        url=absolute(did_address("did", *did)), date=str(meta.get("date") or meta.get("year") or "")[:10], fallback_key="data",
    )  # fmt: skip


def ask_access(reader: Reader, values: Sequence[str]) -> None:
    """Ask the lakes whether they know the reader, where that decides; one that does not answer in time is not asked again for a while."""
    for lake in {lake for lake, _scope, _name in _with_an_account(reader, values).values()}:
        visitors.has_account(reader, lake)


def of_unknown_access(reader: Reader, values: Sequence[str]) -> list[str]:
    """Those in scopes that the reader could see with an account at the lake, which has not said within a day whether they have one."""
    named = _with_an_account(reader, values)
    unknown = {lake for lake in {lake for lake, _scope, _name in named.values()} if not visitors.has_answered(reader, lake)}
    return [value for value, (lake, _scope, _name) in named.items() if lake in unknown]


def _with_an_account(reader: Reader, values: Sequence[str]) -> dict[str, Name]:
    """Data that the reader sees with an account at the lake, but not without."""
    return {value: name for value, name in _named(values).items() if visitors.needs_account(reader, *name[:2])}


def _named(values: Sequence[str]) -> dict[str, Name]:
    return {value: _parts(value) for value in values if value.count(":") >= PARTS - 1}


def _parts(value: str) -> Name:
    lake, scope, name = value.split(":", PARTS - 1)
    return lake, scope, name


def _page(name: Name, facts: DidFacts | None) -> ThingPage:
    """That a lake does not have it is said where all of its names were compared; of others the index cannot tell."""
    label, icon = LOOKS.get(facts.type if facts else "", ("", ""))
    note = MISSING if facts and facts.missing_at else ""
    told = {"type": facts.type or None, "bytes": facts.bytes} if facts else {}
    about = {**dict(zip(("lake", "scope", "name"), name, strict=True)), **told}
    address = did_address("did", *name)
    return ThingPage(":".join(name[1:]), address, label=label, icon=icon, note=note, known=facts, facts=about)
