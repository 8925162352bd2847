"""Requests that gather DIDs in a new dataset and have it copied: both in one act."""

from dataclasses import dataclass
from http import HTTPStatus

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from datalake import rucio
from datalake.operations.kinds import OperationContext, Unfinished, kind
from datalake.operations.kinds.collections import make, put_in
from datalake.operations.kinds.rules import format_lifetime
from datalake.rucio.types import COLLECTIONS
from vre_portal.http import RemoteRefused

DATASET, CONTAINER = COLLECTIONS
FILES = "_files"  # behind the name of a container: the name of the dataset in it that holds the single files


@dataclass(frozen=True)
class Gather:
    """A new dataset of files, or a container where some of the DIDs are datasets or all are containers, and a rule on it.

    Rucio puts no files into a container: single files beside datasets get a dataset of their own in it.
    """

    scope: str
    name: str
    title: str
    files: list[list[str]]
    collections: list[list[str]]
    rse_expression: str
    lifetime: int | None = None  # seconds
    comment: str = ""
    ask_approval: bool = False

    def __str__(self) -> str:
        count = len(self.files) + len(self.collections)
        text = ngettext("%(n)s DID, one copy at %(where)s", "%(n)s DIDs, one copy at %(where)s", count)
        words = text % {"n": count, "where": self.rse_expression}
        return _("%(copy)s for %(lifetime)s") % {"copy": words, "lifetime": format_lifetime(self.lifetime)} if self.lifetime else words

    @property
    def type(self) -> str:
        """What Rucio calls it."""
        return CONTAINER if self.collections else DATASET

    @property
    def inner(self) -> str:
        """The name of the dataset of single files; empty where none is needed."""
        return f"{self.name}{FILES}" if self.collections and self.files else ""

    @property
    def subjects(self) -> list[str]:
        return [f"{self.scope}:{name}" for name in (self.name, self.inner) if name]

    @property
    def wish(self) -> rucio.RuleSpec:
        return rucio.RuleSpec(self.rse_expression, lifetime=self.lifetime, comment=self.comment, ask_approval=self.ask_approval)


@kind("gather", gettext_lazy("Create dataset and replicate it"), Gather)
def gather(context: OperationContext, wanted: Gather) -> str:
    """Create it, fill it, and make the rule; each DID that Rucio refuses is left out and noted. Raises Unfinished."""
    require_inner_free(context, wanted)
    make(context, wanted.scope, wanted.name, wanted.type, wanted.title)
    put_in(context, wanted.scope, wanted.name, [(scope, name) for scope, name in wanted.collections])
    if wanted.inner:
        try:
            make(context, wanted.scope, wanted.inner, DATASET, wanted.title)
            rucio.attach(context.lake, context.token, wanted.scope, wanted.name, [(wanted.scope, wanted.inner)])
        except (RemoteRefused, Unfinished) as error:
            raise Unfinished(_("It was created, but the single files are not in it: %(reason)s") % {"reason": error}) from None
    put_in(context, wanted.scope, wanted.inner or wanted.name, [(scope, name) for scope, name in wanted.files])
    try:
        rule = rucio.ensure_rule(context.lake, context.token, wanted.scope, wanted.name, wanted.wish)
    except RemoteRefused as error:
        raise Unfinished(_("It was created, but it is not copied: %(reason)s") % {"reason": error}) from None
    context.note(wanted.subjects[0], "done", _("Created."), rule=rule.id)
    return context.summary(done=_("Waiting for approval.") if wanted.ask_approval else _("Copying has started."))


def require_inner_free(context: OperationContext, wanted: Gather) -> None:
    """Before anything is created: the name of the dataset in it is free, too. Raises Unfinished."""
    if not wanted.inner or context.done(f"{wanted.scope}:{wanted.name}"):
        return
    try:
        rucio.describe(context.lake, context.token, wanted.scope, wanted.inner)
    except RemoteRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
    else:
        text = _("The name %(name)s is already taken, and the single files need it. Nothing was created. Choose another name.")
        raise Unfinished(text % {"name": wanted.inner})
