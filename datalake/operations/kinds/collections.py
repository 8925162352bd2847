"""Requests about datasets and containers: create one, add DIDs, remove DIDs, close it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import batched

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake import rucio
from datalake.operations.kinds import OperationContext, Unfinished, kind
from vre_portal.http import RemoteError

BATCH = 100
Pair = tuple[str, str]


@dataclass(frozen=True)
class Create:
    """A new dataset or container, its contents, and its title."""

    scope: str
    name: str
    type: str = "DATASET"
    title: str = ""
    dids: list[list[str]] | None = None

    def __str__(self) -> str:
        count = len(self.dids or ())
        if self.type == "CONTAINER":
            empty, full = _("container"), ngettext("container with %(n)s DID", "container with %(n)s DIDs", count)
        else:
            empty, full = _("dataset"), ngettext("dataset with %(n)s DID", "dataset with %(n)s DIDs", count)
        return full % {"n": count} if count else empty

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("create-collection", gettext_lazy("Create dataset or container"), Create)
def create(context: OperationContext, wanted: Create) -> str:
    """Create the collection, set its title, add its contents; what an earlier attempt did is kept. Raises Unfinished."""
    make(context, wanted.scope, wanted.name, wanted.type, wanted.title)
    if wanted.dids:
        put_in(context, wanted.scope, wanted.name, [(scope, name) for scope, name in wanted.dids])
    return context.summary(done=_("Container created.") if wanted.type == "CONTAINER" else _("Dataset created."))


def make(context: OperationContext, scope: str, name: str, type: str, title: str) -> None:
    """An empty collection of a new name, with its title; one that an earlier attempt made is kept. Raises Unfinished."""
    what = f"{scope}:{name}"
    if rucio.add_collection(context.lake, context.token, scope, name, type):
        context.note(what, "done", _("Created."))
    elif not context.done(what):
        metadata = rucio.describe(context.lake, context.token, scope, name).metadata
        fresh = context.operation.attempt > 1 and not metadata.get("title")
        context.note(what, "done" if fresh else "already", "" if fresh else _("This name is already taken. Nothing was changed."))
    if (context.done(what) or {})["state"] != "done":
        raise Unfinished(_("This name is already taken. Choose another name, or edit the existing one on its page."))
    if title:
        rucio.set_metadata(context.lake, context.token, scope, name, {"title": title})


@dataclass(frozen=True)
class Content:
    """A collection, and the DIDs to add or remove."""

    scope: str
    name: str
    dids: list[list[str]]

    def __str__(self) -> str:
        return ngettext("%(n)s DID", "%(n)s DIDs", len(self.dids)) % {"n": len(self.dids)}

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}", *(f"{scope}:{name}" for scope, name in self.dids)]

    @property
    def pairs(self) -> list[Pair]:
        return list(dict.fromkeys((scope, name) for scope, name in self.dids))


@kind("attach", gettext_lazy("Add DIDs"), Content)
def attach(context: OperationContext, wanted: Content) -> str:
    """Add each DID, or note why Rucio refused it. Raises Unfinished."""
    put_in(context, wanted.scope, wanted.name, wanted.pairs)
    return context.summary(done=_("The DIDs are included."))


@kind("detach", gettext_lazy("Remove DIDs"), Content)
def detach(context: OperationContext, wanted: Content) -> str:
    """Remove each DID from the collection; the DIDs themselves stay. Raises Unfinished."""
    there = rucio.list_children(context.lake, context.token, wanted.scope, wanted.name)
    todo = _left(context, wanted.pairs, already=lambda pair: pair not in there, words=_("Was not included."))
    for some in batched(todo, BATCH):
        try:
            rucio.detach(context.lake, context.token, wanted.scope, wanted.name, some)
        except RemoteError:
            for pair in some:
                _take_one(context, wanted.scope, wanted.name, pair)
        else:
            context.note_all(map(text, some), "done", _("Removed."))
    return context.summary(done=_("The DIDs are removed, but stay in the Data Lake."))


def put_in(context: OperationContext, scope: str, name: str, pairs: list[Pair]) -> None:
    """Many at once; where Rucio refuses or fails at a batch, one by one, so that one bad DID does not keep the others out."""
    there = rucio.list_children(context.lake, context.token, scope, name)
    todo = _left(context, pairs, already=lambda pair: pair in there, words=_("Was already included."))
    for pair in (item for item in todo if not text(item).isascii()):  # of these Rucio could not say why it refuses a whole batch
        _put_one(context, scope, name, pair)
    for some in batched((item for item in todo if text(item).isascii()), BATCH):
        try:
            attached = rucio.attach(context.lake, context.token, scope, name, some)
        except RemoteError:
            for pair in some:
                _put_one(context, scope, name, pair)
        else:
            context.note_all(map(text, attached), "done", _("Added."))
            context.note_all([text(pair) for pair in some if pair not in attached], "already", _("Was already included."))


def _put_one(context: OperationContext, scope: str, name: str, pair: Pair) -> None:
    what = text(pair)
    try:
        rucio.require_did_if_non_ascii(context.lake, context.token, *pair)
        fresh = rucio.attach(context.lake, context.token, scope, name, [pair])
        context.note(what, "done" if fresh else "already", _("Added.") if fresh else _("Was already included."))
    except RemoteError as error:
        context.missed(what, error)


def _take_one(context: OperationContext, scope: str, name: str, pair: Pair) -> None:
    try:
        rucio.detach(context.lake, context.token, scope, name, [pair])
        context.note(text(pair), "done", _("Removed."))
    except RemoteError as error:
        context.missed(text(pair), error)


def text(pair: Pair) -> str:
    """The DID as scope:name."""
    return f"{pair[0]}:{pair[1]}"


def _left(context: OperationContext, pairs: list[Pair], *, already: Callable[[Pair], bool], words: str) -> list[Pair]:
    """What is still to do; what is so already is noted, unless this operation did it."""
    new = [pair for pair in pairs if not context.done(text(pair))]
    so = [pair for pair in new if already(pair)]
    if so:
        context.note_all(map(text, so), "already", words)
    return [pair for pair in new if pair not in set(so)]


@dataclass(frozen=True)
class Close:
    """A collection that is complete."""

    scope: str
    name: str

    def __str__(self) -> str:
        return _("no further changes to its contents")

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{self.name}"]


@kind("close", gettext_lazy("Close dataset or container"), Close)
def close(context: OperationContext, wanted: Close) -> str:
    """Close the collection, so that its contents cannot change any more."""
    rucio.close_collection(context.lake, context.token, wanted.scope, wanted.name)
    return _("Closed: its contents cannot change any more.")
