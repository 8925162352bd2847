"""Places for data: storage elements with enough room, as it was recorded last; nothing is asked of a Data Lake."""

from collections.abc import Collection, Iterator, Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.onboarding.matching.answers import GIGABYTE, Answers, Dataset
from projects.onboarding.matching.index import IndexLookup, Said, saying
from projects.onboarding.matching.needs import Certainty, Match, Need, NeedState, Suggestion
from projects.onboarding.matching.rooms import Room, Rooms, fitting, is_certain, is_unknown, rooms, why_not
from vre_portal.search.find import SearchHit
from vre_portal.services import ServiceKind, services
from vre_portal.text import distance, size

MAX_MATCHES = 3


def places(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """A place for each dataset, unless it is in a Data Lake already."""
    if not answers.datasets:
        return
    all_rooms = rooms()
    known = all_rooms.known
    hits = index.any_of(["dataset", "container"], [dataset.name for dataset in answers.datasets if dataset.name])
    asked: set[str] = set()  # where a quota is offered already: one for all datasets that fit there
    for dataset in answers.datasets:
        same = saying(hits, dataset.name, Said.TITLE)[:MAX_MATCHES] if dataset.name else []
        if same:
            yield existing(dataset, same)
        is_here = any(place is Said.NAME for _hit, place in same)  # then it has a place, if these are the data that are meant
        need = place(dataset, all_rooms, answers.datasets, asked, is_here=is_here)
        asked |= {str(need.suggestion.details.get("rse", ""))} if need.suggestion else set()
        yield need
    yield from together(answers, known)


def embargoes(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """What the embargo of each dataset takes."""
    for dataset in answers.datasets:
        if dataset.embargo is not None:
            yield embargo(dataset)


def scopes(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """A scope, where there are data."""
    if answers.datasets:
        yield scope(answers)


def existing(dataset: Dataset, hits: Sequence[tuple[SearchHit, Said]]) -> Need:
    """Data in a Data Lake that are called so, or whose titles say it."""
    called = _("In the Data Lake already. If these are the data that you mean, you need no place for them.")
    mentions = _("Perhaps: its title says “%(name)s”.") % {"name": dataset.name}
    matches = tuple(
        Match(
            hit.title, called if said is Said.NAME else mentions, hit.url, _("Check whether these are the data that you mean"), hit.url,
            Certainty.CONFIRMED if said is Said.NAME else Certainty.MENTION, document=(hit.kind, hit.key),
        )
        for hit, said in hits
    )  # fmt: skip
    title = _("Data called “%(name)s”") % {"name": dataset.name}
    is_here = any(match.certainty is Certainty.CONFIRMED for match in matches)
    given = None if is_here else NeedState.INFORMATION
    return Need(f"data-{dataset.number}-existing", "data", title, matches, given=given)


def place(dataset: Dataset, all_rooms: Rooms, datasets: Sequence[Dataset], asked: Collection[str], *, is_here: bool) -> Need:
    """Where one dataset fits; `asked` has the sites at which a quota for all of them is offered already."""
    known = all_rooms.known
    name, wanted = name_of(dataset), dataset.bytes_needed
    title = _("Place for %(name)s") % {"name": name}
    sites, notes = fitting(dataset, known), []
    if not wanted:
        notes.append(_("Enter its size to see where it fits."))
    elif not sites:
        notes += why_not(dataset, all_rooms)
    details = {
        "gigabytes": round(wanted / GIGABYTE, 3),
        "bytes": wanted,
        "place": dataset.place,
        "protocol": dataset.protocol,
        "reason": title,
    }
    # With room at a site a person still needs a limit there; without one somebody has to find a place.
    suggestion: Suggestion | None = None
    if sites and sites[0].rse not in asked:
        total = sum(item.bytes_needed for item in datasets if fitting(item, known)[:1] == sites[:1])
        details |= {"lake": sites[0].lake, "rse": sites[0].rse, "bytes": total}
        asking = _("Quota of %(size)s at %(rse)s") % {"size": size(total), "rse": sites[0].rse}
        suggestion = Suggestion(f"data-{dataset.number}-place", ("account-limit",), asking, details)
    elif not sites:
        asking = _("Place for %(name)s (%(size)s)") % {"name": name, "size": size(wanted)} if wanted else title
        suggestion = Suggestion(f"data-{dataset.number}-place", ("storage",), asking, details)
    matches = tuple(_match(room, dataset) for room in sites[:MAX_MATCHES])
    if matches and all(match.certainty is Certainty.UNSTATED for match in matches):
        notes.append(_("What is not recorded is not known to be possible: ask the people who run the site."))
    given = NeedState.UNCLEAR if not sites and is_unknown(dataset, all_rooms) else None
    if not sites and wanted and all_rooms.is_awaited and not all_rooms.is_failing:
        given = NeedState.AWAITED
    given = NeedState.EXISTS if is_here else given
    return Need(f"data-{dataset.number}", "data", title, matches, tuple(notes), suggestion, given=given)


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
    certainty = Certainty.CONFIRMED if is_certain(room, dataset) else Certainty.UNSTATED
    url = reverse("datalake:rse", args=[room.lake, room.rse])
    return Match(room.rse, why, url, _("See the storage site and your quota there"), url, certainty)


def together(answers: Answers, known: Sequence[Room]) -> Iterator[Need]:
    """Said where each dataset fits by itself and all of them together nowhere."""
    total = sum(dataset.bytes_needed for dataset in answers.datasets)
    free = max((room.free or 0 for room in known if room.is_recent and room.is_writable), default=0)
    if len(answers.datasets) > 1 and total > free and all(fitting(item, known) for item in answers.datasets):
        text = _("Together they need %(total)s, and the most at one site is %(free)s: plan for several sites.")
        note = text % {"total": size(total), "free": size(free)}
        yield Need("data-together", "data", _("Place for all datasets"), (), (note,), given=NeedState.INFORMATION)


def embargo(dataset: Dataset) -> Need:
    """Data that few may read until a date."""
    restricted = [(lake, entry) for lake in services(ServiceKind.RUCIO) for entry in lake.options.get("access") or ()]
    facts = {"name": name_of(dataset), "date": date_text(dataset)}
    why = _("A scope can be restricted to an IAM group. Its owners decide who gets access, until a date.")
    page, reading = reverse("documentation:page", args=["restricted-data"]), _("Read how access to restricted data works")
    matches = (Match(_("Restricted data"), why, page, reading, page, Certainty.HELP),) if restricted else ()
    note = _("Restricted scopes are set up by the administrators. Agree with them before you upload.")
    title = _("Restricted scope and group for %(name)s until %(date)s") % facts
    suggestion = Suggestion(
        f"data-{dataset.number}-embargo",
        ("iam-group",),
        title,
        {"reason": title, "until": dataset.embargo.isoformat() if dataset.embargo else ""},
    )
    heading = _("Embargo of %(name)s until %(date)s") % facts
    return Need(f"data-{dataset.number}-embargo", "data", heading, matches, (note,), suggestion, given=NeedState.ON_REQUEST)


def scope(answers: Answers) -> Need:
    """The scope in which results are kept."""
    title = _("Scope for “%(title)s”") % {"title": answers.title} if answers.title else _("Scope for the project")
    note = _("Data of a project have a scope of their own in the Data Lake. A new project has none.")
    suggestion = Suggestion("data-scope", ("new-scope",), title, {"reason": title})
    return Need("data-scope", "data", _("Scope in the Data Lake"), (), (note,), suggestion, given=NeedState.ON_REQUEST)


def name_of(dataset: Dataset) -> str:
    """What the plan calls a dataset."""
    return dataset.name or dataset.place or _("dataset %(number)s") % {"number": dataset.number}


def date_text(dataset: Dataset) -> str:
    return f"{dataset.embargo:%-d %b %Y}" if dataset.embargo else ""
