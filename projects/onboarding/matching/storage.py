"""Places for data: storage elements with enough room, as it was recorded last; nothing is asked of a Data Lake."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.sites.models import Sample, StorageAccess
from projects.onboarding.matching.answers import GIGABYTE, Answers, Dataset
from projects.onboarding.matching.index import IndexLookup, naming, rules_of
from projects.onboarding.matching.needs import Match, Need, Suggestion
from vre_portal.search.find import SearchHit
from vre_portal.services import ServiceKind, services
from vre_portal.text import distance, size

RECENT = timedelta(days=1)  # an older record says nothing about the room of today
MAX_MATCHES = 3


@dataclass(frozen=True)
class Room:
    """What is known of one storage element."""

    lake: str
    rse: str
    free: int | None  # None where the storage does not report its size
    at: datetime
    access: StorageAccess | None

    @property
    def protocols(self) -> list[str]:
        names = self.access.protocols if self.access is not None else []
        return [str(name) for name in names] if isinstance(names, list) else []

    @property
    def is_writable(self) -> bool:
        return self.access is None or self.access.writable

    @property
    def is_recent(self) -> bool:
        return timezone.now() - self.at < RECENT


def rooms() -> list[Room]:
    """All storage elements of the configured lakes, those with the most room first."""
    lakes = [lake.name for lake in services(ServiceKind.RUCIO)]
    latest = Sample.objects.filter(lake__in=lakes).order_by("lake", "rse", "-at").distinct("lake", "rse")
    access = {(row.lake, row.rse): row for row in StorageAccess.objects.filter(lake__in=lakes)}
    found = [
        Room(row.lake, row.rse, None if row.total is None else max(row.total - row.used, 0), row.at, access.get((row.lake, row.rse)))
        for row in latest
    ]
    return sorted(found, key=lambda room: (-(room.free or 0), room.rse))


def needs(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """A place for each dataset, and what an embargo and a scope take."""
    known = rooms() if answers.datasets else []
    hits = index.any_of(["dataset", "container"], [dataset.name for dataset in answers.datasets if dataset.name])
    rules = rules_of(hits) if hits else {}
    asked: set[str] = set()  # where a quota is offered already: one for all datasets that fit there
    for dataset in answers.datasets:
        if same := naming(hits, dataset.name)[:MAX_MATCHES]:
            yield existing(dataset, same, rules)
        need = place(dataset, known, answers.datasets, asked)
        asked |= {str(need.suggestion.details.get("rse", ""))} if need.suggestion else set()
        yield need
    yield from together(answers, known)
    for dataset in answers.datasets:
        if dataset.embargo is not None:
            yield embargo(dataset)
    if answers.datasets:
        yield scope(answers)


def existing(dataset: Dataset, hits: Sequence[SearchHit], rules: Mapping[tuple[str, str], str]) -> Need:
    """Data in a Data Lake that are called so."""
    why = _("In the Data Lake already. If these are the data that you mean, you need no place for them.")
    matches = tuple(Match(hit.title, why, hit.url, audience=rules.get((hit.kind, hit.key), "")) for hit in hits)
    title = _("Data called “%(name)s”") % {"name": dataset.name}
    return Need(f"data-{dataset.number}-existing", "data", title, matches, is_met=True)


def best_room(dataset: Dataset, known: Sequence[Room]) -> Room | None:
    """Where a dataset goes, if it fits anywhere."""
    return next((room for room in known if dataset.bytes_needed and fits(room, dataset)), None)


def place(dataset: Dataset, known: Sequence[Room], datasets: Sequence[Dataset], asked: Collection[str]) -> Need:
    """Where one dataset fits; `asked` has the sites at which a quota for all of them is offered already."""
    name, wanted = name_of(dataset), dataset.bytes_needed
    title = _("Place for %(name)s") % {"name": name}
    fitting = [room for room in known if fits(room, dataset)]
    notes = []
    if not wanted:
        notes.append(_("Enter its size to see where it fits."))
        fitting = []
    elif not fitting:
        notes += why_not(dataset, known)
    details = {
        "gigabytes": round(wanted / GIGABYTE, 3),
        "bytes": wanted,
        "place": dataset.place,
        "protocol": dataset.protocol,
        "reason": title,
    }
    # With room at a site a person still needs a limit there; without one somebody has to find a place.
    suggestion: Suggestion | None = None
    if fitting and fitting[0].rse not in asked:
        total = sum(item.bytes_needed for item in datasets if best_room(item, known) == fitting[0])
        details |= {"lake": fitting[0].lake, "rse": fitting[0].rse, "bytes": total}
        asking = _("Quota of %(size)s at %(rse)s") % {"size": size(total), "rse": fitting[0].rse}
        suggestion = Suggestion(f"data-{dataset.number}-place", ("account-limit",), asking, details)
    elif not fitting:
        asking = _("Place for %(name)s (%(size)s)") % {"name": name, "size": size(wanted)} if wanted else title
        suggestion = Suggestion(f"data-{dataset.number}-place", ("storage",), asking, details)
    matches = tuple(_match(room, dataset) for room in fitting[:MAX_MATCHES])
    return Need(f"data-{dataset.number}", "data", title, matches, tuple(notes), suggestion)


def fits(room: Room, dataset: Dataset) -> bool:
    """Whether a dataset can be kept there, as far as anything is known."""
    if room.free is None or not room.is_recent or not room.is_writable or room.free < dataset.bytes_needed:
        return False
    return not dataset.protocol or not room.protocols or dataset.protocol in room.protocols


def _match(room: Room, dataset: Dataset) -> Match:
    facts = {
        "free": size(room.free or 0),
        "need": size(dataset.bytes_needed),
        "age": distance(room.at, timezone.now()),
        "protocols": ", ".join(room.protocols),
    }
    if room.protocols:
        why = _("%(free)s free, needs %(need)s; recorded %(age)s. Protocols: %(protocols)s.") % facts
    else:
        why = _("%(free)s free, needs %(need)s; recorded %(age)s. Its protocols are not recorded.") % facts
    return Match(room.rse, why, reverse("datalake:rse", args=[room.lake, room.rse]))


def why_not(dataset: Dataset, known: Sequence[Room]) -> Iterator[str]:
    """Why it fits nowhere."""
    current = [room for room in known if room.is_recent and room.is_writable]
    if not known:
        yield _("The portal has no records of the space at storage sites.")
    elif not current:
        yield _("The space at storage sites was not recorded within the last day.")
    elif sized := [room for room in current if room.free is not None]:
        best = sized[0]
        free = {"rse": best.rse, "free": size(best.free or 0), "need": size(dataset.bytes_needed)}
        if (best.free or 0) < dataset.bytes_needed:
            yield _("No site has enough space: needs %(need)s, and the most is %(free)s at %(rse)s.") % free
        else:
            yield _("No site with enough space offers the protocol %(protocol)s.") % {"protocol": dataset.protocol}
    else:
        yield _("No storage site reports how much space it has.")


def together(answers: Answers, known: Sequence[Room]) -> Iterator[Need]:
    """Said where each dataset fits by itself and all of them together nowhere."""
    total = sum(dataset.bytes_needed for dataset in answers.datasets)
    free = max((room.free or 0 for room in known if room.is_recent and room.is_writable), default=0)
    if len(answers.datasets) > 1 and total > free and all(any(fits(room, item) for room in known) for item in answers.datasets):
        text = _("Together they need %(total)s, and the most at one site is %(free)s: plan for several sites.")
        note = text % {"total": size(total), "free": size(free)}
        yield Need("data-together", "data", _("Place for all datasets"), (), (note,), is_met=True)


def embargo(dataset: Dataset) -> Need:
    """Data that few may read until a date."""
    restricted = [(lake, entry) for lake in services(ServiceKind.RUCIO) for entry in lake.options.get("access") or ()]
    facts = {"name": name_of(dataset), "date": date_text(dataset)}
    why = _("A scope can be restricted to an IAM group. Its owners decide who gets access, until a date.")
    matches = (Match(_("Restricted data"), why, reverse("documentation:page", args=["restricted-data"])),) if restricted else ()
    note = _("Restricted scopes are set up by the administrators. Agree with them before you upload.")
    title = _("Restricted scope and group for %(name)s until %(date)s") % facts
    suggestion = Suggestion(
        f"data-{dataset.number}-embargo",
        ("iam-group",),
        title,
        {"reason": title, "until": dataset.embargo.isoformat() if dataset.embargo else ""},
    )
    heading = _("Embargo of %(name)s until %(date)s") % facts
    return Need(f"data-{dataset.number}-embargo", "data", heading, matches, (note,), suggestion, is_met=False)


def scope(answers: Answers) -> Need:
    """The scope in which results are kept."""
    title = _("Scope for “%(title)s”") % {"title": answers.title} if answers.title else _("Scope for the project")
    note = _("Data of a project have a scope of their own in the Data Lake. A new project has none.")
    suggestion = Suggestion("data-scope", ("new-scope",), title, {"reason": title})
    return Need("data-scope", "data", _("Scope in the Data Lake"), (), (note,), suggestion)


def name_of(dataset: Dataset) -> str:
    """What the plan calls a dataset."""
    return dataset.name or dataset.place or _("dataset %(number)s") % {"number": dataset.number}


def date_text(dataset: Dataset) -> str:
    return f"{dataset.embargo:%-d %b %Y}" if dataset.embargo else ""
