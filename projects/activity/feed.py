"""What happened in a project, gathered from its runs, its resources and the audit record, as far as a reader may know of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project, Resource, Role, spelt, text_label
from projects.workflows.models import Run
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.text import moment, plain

VISIBILITY = _("%(who)s changed the visibility of the project: %(detail)s")
CHANGES = {
    "project.people.added": _("%(who)s gave %(subject)s the role %(detail)s"),
    "project.people.changed": _("%(who)s changed the role of %(subject)s to %(detail)s"),
    "project.people.removed": _("%(who)s removed %(subject)s from the project"),
    "project.edit": _("%(who)s edited the text: %(detail)s"),
    "project.picture": _("%(who)s changed the picture"),
    "project.visibility": VISIBILITY,
    "project.visibility-undo": VISIBILITY,
    "project.embargo": VISIBILITY,
    "project.archive": _("%(who)s archived the project"),
    "project.restore": _("%(who)s restored the project"),
    "project.transfer.accept": _("%(who)s took over the project"),
}
BY_A_PERSON = {
    Resource.Kind.DID: _("%(who)s added data: %(subject)s"),
    Resource.Kind.SOFTWARE: _("%(who)s added software: %(subject)s"),
    Resource.Kind.ENVIRONMENT: _("%(who)s added a container image: %(subject)s"),
    Resource.Kind.LINK: _("%(who)s added a link: %(subject)s"),
    Resource.Kind.PAPER: _("%(who)s added a paper or record: %(subject)s"),
    Resource.Kind.ARXIV: _("%(who)s added an arXiv preprint: %(subject)s"),
    Resource.Kind.PERSON: _("%(who)s added a reference to a person: %(subject)s"),
    Resource.Kind.GIT: _("%(who)s added a git repository: %(subject)s"),
    Resource.Kind.IVO: _("%(who)s added a VO resource: %(subject)s"),
    Resource.Kind.RESULT: _("%(who)s kept the result %(subject)s"),
}
BY_NOBODY = {  # in the feed, and where the person is gone
    Resource.Kind.DID: _("Data added: %(subject)s"),
    Resource.Kind.SOFTWARE: _("Software added: %(subject)s"),
    Resource.Kind.ENVIRONMENT: _("Container image added: %(subject)s"),
    Resource.Kind.LINK: _("Link added: %(subject)s"),
    Resource.Kind.PAPER: _("Paper or record added: %(subject)s"),
    Resource.Kind.ARXIV: _("arXiv preprint added: %(subject)s"),
    Resource.Kind.PERSON: _("Reference to a person added: %(subject)s"),
    Resource.Kind.GIT: _("Git repository added: %(subject)s"),
    Resource.Kind.IVO: _("VO resource added: %(subject)s"),
    Resource.Kind.RESULT: _("Result kept: %(subject)s"),
}
RUN_FIELDS = (
    "number",
    "status",
    "created_at",
    "finished_at",
    "project__slug",
    "by__name",
    "by__preferred_username",
    "specification__title",
)


@dataclass(frozen=True)
class ActivityItem:
    """One line: when, by whom, what, and where to read on."""

    at: datetime
    icon: str
    who: str
    message: str  # a sentence with the places who, subject and detail
    subject: str = ""
    url: str = ""
    state: str = ""
    detail: str = ""
    unnamed: str = ""  # the sentence without the person

    @property
    def text(self) -> str:
        """The sentence."""
        return self.message % {"who": self.who, "subject": self.subject, "detail": self.detail}

    @property
    def unnamed_text(self) -> str:
        """The sentence for a feed, which names no person."""
        return self.unnamed % {"subject": self.subject}

    @property
    def html(self) -> SafeString:
        """The sentence for a page, with a link to its subject."""
        subject = format_html("<bdi>{}</bdi>", plain(self.subject))
        if self.url:
            subject = format_html('<a href="{}">{}</a>', self.url, subject)
        who, detail = (format_html("<bdi>{}</bdi>", plain(value)) for value in (self.who, self.detail))
        return mark_safe(conditional_escape(self.message) % {"who": who, "subject": subject, "detail": detail})  # noqa: S308 -- all are escaped

    def row(self) -> dict[str, Any]:
        """The line as a row of a table for programs."""
        return {"at": self.at, "who": self.who, "what": self.text, "subject": self.subject, "url": self.url, "state": self.state}


def recent_activity(
    project: Project, *, reader: User | AnonymousUser, people: bool, before: datetime | None, most: int
) -> list[ActivityItem]:
    """The newest so many that are older than a moment and that the reader may know of.

    Changes of people and texts are only for those who belong to the project.
    """
    found = [*_runs(project, reader, before, most), *_resources(project, reader, before, most)]
    if people:
        found += _changes(project, before, most)
    return nlargest(most, found, key=attrgetter("at"))


def _older(name: str, before: datetime | None) -> dict[str, Any]:
    return {f"{name}__lt": before} if before else {}


def _runs(project: Project, reader: User | AnonymousUser, before: datetime | None, most: int) -> Iterable[ActivityItem]:
    runs = Run.objects.filter(project=project).visible_to(reader).select_related("by", "specification", "project").only(*RUN_FIELDS)
    for run in runs.filter(**_older("created_at", before)).order_by("-created_at")[:most]:
        yield ActivityItem(
            run.created_at,
            "rocket",
            str(run.by),
            gettext("%(who)s launched %(subject)s"),
            str(run),
            run.get_absolute_url(),
            unnamed=gettext("Run launched: %(subject)s"),
        )
    ended = runs.filter(status__in=Run.ENDED, finished_at__isnull=False)
    for run in ended.filter(**_older("finished_at", before)).order_by("-finished_at")[:most]:
        message, at = gettext("Run ended: %(subject)s"), run.finished_at or run.created_at
        yield ActivityItem(at, "workflow", "", message, str(run), run.get_absolute_url(), run.status, unnamed=message)


def _resources(project: Project, reader: User | AnonymousUser, before: datetime | None, most: int) -> Iterable[ActivityItem]:
    """What was bound, as far as the reader may see it; a restricted scope is in no feed."""
    rows = project.resources.visible_to(reader).filter(**_older("added_at", before)).select_related("added_by").order_by("-added_at")[:most]
    for item in rows:
        icon = "archive" if item.kind == Resource.Kind.RESULT else "plus"
        kind, who = Resource.Kind(item.kind), str(item.added_by or "")
        unnamed = str(BY_NOBODY[kind])
        message = str(BY_A_PERSON[kind]) if who else unnamed
        yield ActivityItem(item.added_at, icon, who, message, str(item), item.address, unnamed=unnamed)


def _changes(project: Project, before: datetime | None, most: int) -> Iterable[ActivityItem]:
    rows = AuditEntry.objects.filter(subject=f"project/{project.slug}", action__in=CHANGES, outcome="ok", at__gte=project.created_at)
    entries = list(rows.filter(**_older("at", before)).order_by("-number")[:most])
    handles = {UUID(entry.facts["person"]) for entry in entries if entry.facts.get("person")} | {
        item.actor for item in entries if item.actor
    }
    names = {str(user.handle): str(user) for user in User.objects.filter(handle__in=handles).only("handle", "name", "preferred_username")}
    for entry in entries:
        who = names.get(str(entry.actor), gettext("A deleted account")) if entry.actor else gettext("The administrators")
        icon, message, facts = "pencil", str(CHANGES[entry.action]), entry.facts
        subject = ""
        if ".people." in entry.action:
            icon, subject = "users", facts.get("group") or names.get(str(facts.get("person")), gettext("a deleted account"))
        yield ActivityItem(entry.at, icon, who, message, subject, detail=_detail(entry))


def _detail(entry: AuditEntry) -> str:
    """The role, the fields or the visibility that an entry of the audit record names, as pages call them."""
    facts = entry.facts
    if ".people." in entry.action:
        role = str(facts.get("role", ""))
        return str(Role(role).label) if role in Role.values else role
    if CHANGES[entry.action] is not VISIBILITY:
        return ", ".join(text_label(name) for name in facts.get("fields", []))
    return _visibility(str(facts.get("now", "")))


def _visibility(recorded: str) -> str:
    """What pages call the visibility that the record has as `public`, `members` or `members until <time>`."""
    visibility, *end = recorded.split(" until ")
    if visibility not in Project.Visibility.values:
        return recorded
    opens_at = moment(end[0]) if end else None
    if opens_at is None:
        return str(Project.Visibility(visibility).label)
    return gettext("members only until %(date)s, then public") % {"date": spelt(opens_at)}
