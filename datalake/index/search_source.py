"""The lakes' scopes, datasets and files as sources of the search, as the index of the lakes has them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from datalake.index.models import IndexedScope, IndexEntry
from datalake.index.tasks import ask_soon
from datalake.index.visitors import was_known
from datalake.pages.addresses import did_address
from datalake.reads.scopes import Visitor, may_see
from vre_portal.iam.models import User
from vre_portal.search import audiences
from vre_portal.search.audiences import Reader
from vre_portal.search.sources import DocumentContext, SearchItem, TypeLabel, WatchedTable, contexts_of
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.text import named_values

TYPES = {"CONTAINER": "container", "DATASET": "dataset", "FILE": "file"}
BOOSTS = {"CONTAINER": 1.2, "DATASET": 1.1, "FILE": 0.6}
TITLE_KEYS, KEYWORD_KEYS, EXPERIMENT_KEYS = ("title", "name"), ("keywords", "keyword", "tags"), ("experiment", "instrument")
DESCRIPTION_KEYS = ("description", "summary", "abstract", "comment")
OF_PORTAL, PARAMETER = "vre_", "parameter_"  # what the portal notes of a result that it keeps, and of what it was made
MAX_WORDS = 2_000  # characters of metadata that a document is found by


def visible_scopes(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which scopes, as `lake:scope`, somebody may see, as far as the lakes said so before. A search waits for no lake."""
    pairs = [value.partition(":")[::2] for value in values]
    return {f"{lake}:{scope}" for name in {lake for lake, _ in pairs} for lake, scope in _visible(user, name, pairs)}


def _visible(user: Reader, name: str, pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    try:
        lake = service(ServiceKind.RUCIO, name)
    except UnknownService:
        return []
    scopes = [scope for its, scope in pairs if its == name]
    visitor = Visitor()
    shown = [scope for scope in scopes if may_see(lake, scope, visitor)]
    if len(shown) == len(scopes) or not isinstance(user, User):
        return [(name, scope) for scope in shown]
    ask_soon(user, lake)
    if was_known(user, lake.name):
        visitor = Visitor(has_account=True, groups=frozenset(user.groups))
        shown = [scope for scope in scopes if may_see(lake, scope, visitor)]
    return [(name, scope) for scope in shown]


def rule_of(lake: str, scope: str) -> str:
    """Who may know of what is in a scope."""
    return audiences.rule(audiences.condition("lake", f"{lake}:{scope}"))


class ScopeSource:
    """The scopes of the lakes."""

    kind = "scope"
    types: ClassVar[Mapping[str, TypeLabel]] = {"scope": TypeLabel(_("Scopes"), "folder", _("Scope"))}
    tables: ClassVar[Sequence[WatchedTable]] = (WatchedTable(IndexedScope, "scope", columns=("lake", "name", "gone")),)

    def keys(self) -> Iterator[str]:
        """All scopes that the lakes have."""
        return map(str, IndexedScope.objects.filter(gone=False).values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for scope in IndexedScope.objects.filter(gone=False, pk__in=keys):
            address = f"{reverse('datalake:lake', args=[scope.lake])}?{urlencode({'scope': scope.name})}"
            facets = {"scope": [scope.name]}
            yield SearchItem(
                str(scope.pk), self.kind, scope.name, address, rule_of(scope.lake, scope.name), scope.lake,
                identifiers=[scope.name], facets=facets, is_top=True,
            )  # fmt: skip


class DataSource:
    """Datasets, containers and files of the lakes with their metadata, and what public projects say of them."""

    kind = "data"
    types: ClassVar[Mapping[str, TypeLabel]] = {
        "container": TypeLabel(_("Containers"), "folder-open", _("Container")),
        "dataset": TypeLabel(_("Datasets"), "database", _("Dataset")),
        "file": TypeLabel(_("Files"), "file", _("File")),
    }
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(IndexEntry, "data", columns=("scope_id", "name", "type", "created", "updated", "meta")),
        WatchedTable(IndexedScope, "scope", columns=("lake", "name", "gone")),
    )

    def keys(self) -> Iterator[str]:
        """All DIDs of the lakes' index."""
        return map(str, IndexEntry.objects.filter(scope__gone=False).order_by("pk").values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        entries = list(IndexEntry.objects.filter(pk__in=keys, scope__gone=False).select_related("scope"))
        contexts = contexts_of(self.kind, [name_of(entry) for entry in entries])
        for entry in entries:
            yield item_of(entry, contexts.get(name_of(entry), ()))


def name_of(entry: IndexEntry) -> str:
    """The lake and the DID, as other apps name data."""
    return f"{entry.scope.lake}:{entry}"


def item_of(entry: IndexEntry, contexts: Sequence[DocumentContext]) -> SearchItem:
    """A DID with its metadata, and with what other apps say of it."""
    meta = {str(key): value for key, value in entry.meta.items()} if isinstance(entry.meta, dict) else {}
    title = next((str(meta[key]) for key in TITLE_KEYS if isinstance(meta.get(key), str) and meta[key].strip()), "")
    title = title or next((context.title for context in contexts if context.title), "")
    described = "\n".join(str(meta[key]) for key in DESCRIPTION_KEYS if isinstance(meta.get(key), str) and meta[key].strip())
    named = named_values(_shown_values(meta))
    unshown = " ".join(str(value) for key, value in meta.items() if key.startswith(OF_PORTAL))[:MAX_WORDS]
    shown = "\n".join(filter(None, [described, named]))[:MAX_WORDS]
    facets: dict[str, list[str]] = {"scope": [entry.scope.name], "experiment": _values(meta, EXPERIMENT_KEYS)}
    facets["keyword"] = _values(meta, KEYWORD_KEYS)
    filters: dict[str, list[str]] = {}
    for context in contexts:
        for target, said in ((facets, context.facets), (filters, context.filters)):
            for name, values in said.items():
                target[name] = list(dict.fromkeys([*target.get(name, []), *values]))
    return SearchItem(
        key=str(entry.pk),
        type=TYPES.get(entry.type, "file"),
        title=title or entry.name,
        url=did_address("did", entry.scope.lake, entry.scope.name, entry.name),
        audience=rule_of(entry.scope.lake, entry.scope.name),
        subtitle=str(entry),
        text=shown,
        words=" ".join(filter(None, [*(context.words for context in contexts), unshown])),
        identifiers=[str(entry), entry.name],
        facets=facets,
        filters=filters,
        depends=[f"scope:{entry.scope_id}", *(token for context in contexts for token in context.depends)],
        created=entry.created,
        changed=entry.updated or entry.created,
        boost=BOOSTS.get(entry.type, 1.0),
    )


def _shown_values(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that tell a reader something, without what the portal only notes for itself."""
    shown = {key: value for key, value in meta.items() if key not in (*TITLE_KEYS, *DESCRIPTION_KEYS) and not key.startswith(OF_PORTAL)}
    if shown.get("events") == 0:  # Rucio says so of all that nobody counted
        del shown["events"]
    return {key.removeprefix(PARAMETER): value for key, value in shown.items()}


def _values(meta: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """The texts that stand under these keys, each a text or a list of texts."""
    values = [item for key in keys if key in meta for item in (meta[key] if isinstance(meta[key], list) else [meta[key]])]
    return list(dict.fromkeys(item.strip()[:200] for item in values if isinstance(item, str) and item.strip()))[:20]
