"""A person's space in each Data Lake, for the page of what they may use."""

from collections.abc import Iterator
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.reads.errors import NoAccount, no_account_words
from datalake.reads.reader import LakeReader
from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer, Unit
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, services


def parts(user: User) -> Iterator[AllowancePart]:
    """A part for each Data Lake."""
    for lake in services(ServiceKind.RUCIO):
        yield AllowancePart(f"space-{lake.name}", _("Space in %(lake)s") % {"lake": lake.title}, partial(_read, lake), is_remote=True)


def _read(lake: Service, user: User) -> PartAnswer:
    """Asks Rucio within a page's time; what it said last, with its age, where it does not answer. Raises RemoteError where nothing is known."""
    reader = LakeReader(user, lake, purpose=_("show quota"))
    answer = reader.fetch(rucio.list_usage).result
    try:
        rows = [_row(lake, usage) for usage in answer.required()]
    except NoAccount:
        return PartAnswer(problem=no_account_words(), request="iam-group")
    problem = str(answer.error) if answer.error is not None else ""
    note = _("Rucio updates these figures with a delay; transfers in progress are already included.") if rows else ""
    return PartAnswer(rows, as_of=answer.since, problem=problem, note=note)


def _row(lake: Service, usage: rucio.AccountUsage) -> Allowance:
    return Allowance(
        usage.rse,
        usage.used,
        usage.limit,
        Unit.BYTES,
        renews=_("when rules end"),
        url=reverse("lake_acts:usage", args=[lake.name]),
        request=None if usage.limit is None else ("account-limit", {"lake": lake.name, "rse": usage.rse}),
    )
