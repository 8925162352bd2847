"""What the form of a new project is filled in with: a template, another project, a repository, or the address itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Project
from projects.outlines import OUTLINES, Outline
from projects.permissions import Permission, project_for
from projects.start.project_copy import Plan
from vre_portal.iam.models import User
from vre_portal.repositories.left_out import sentences
from vre_portal.repositories.models import Snapshot
from vre_portal.text import plain

LINES = ("experiments", "institutes", "keywords")
LINKED = ("title", "slug", "summary", "description", "theme", "licence", "contact", *LINES)  # that an address may fill in
LONGEST_LINK = 4000
MOST_LISTED = 30


@dataclass(frozen=True)
class StartingPoint:
    """Where a new project begins."""

    way: str  # "empty", "template", "copy" or "repository"
    initial: dict[str, Any] = field(default_factory=dict)
    told_by: dict[str, str] = field(default_factory=dict)  # field: the file that its value was read in
    notes: tuple[str, ...] = ()
    outline_name: str = ""
    plan: Plan | None = None
    snapshot: Snapshot | None = None

    @property
    def outline(self) -> Outline | None:
        return OUTLINES.get(self.outline_name)

    @property
    def is_waiting(self) -> bool:
        """Whether there is no form yet: something has to be chosen or fetched first."""
        if self.way == "repository":
            return self.snapshot is None or not self.snapshot.is_ready
        return (self.way == "copy" and self.plan is None) or (self.way == "template" and self.outline is None)


def starting_point_of(user: User, asked: Mapping[str, str]) -> StartingPoint:
    """What the fields of an address or of a form name; raises Http404 for what the person may not see."""
    typed = {name: asked[name][:LONGEST_LINK] for name in LINKED if asked.get(name)}
    if slug := asked.get("copy"):
        plan = Plan.of(user, project_for(user, slug, Permission.VIEW))
        title = _("Copy of %(title)s") % {"title": plan.source.title}
        return StartingPoint("copy", {"title": title[:200], **plan.initial, **typed}, plan=plan)
    if number := asked.get("repository"):
        snapshot = Snapshot.objects.filter(by=user, pk=int(number[:18])).first() if number.isdecimal() else None
        if snapshot is None:
            raise Http404(_("This repository was not fetched, or its copy has expired. Fetch it again."))
        return _from_snapshot(snapshot, typed)
    if (name := asked.get("template", "")) in OUTLINES:
        return StartingPoint("template", {"description": OUTLINES[name].text, **typed}, outline_name=name)
    way = asked.get("from", "")
    return StartingPoint(way if way in ("template", "copy", "repository") else "empty", typed)


def _from_snapshot(snapshot: Snapshot, typed: dict[str, str]) -> StartingPoint:
    offered = snapshot.offered()
    known = {name: offer for name, offer in offered.items() if name in {*LINKED, "keywords", "website"}}
    notes = [*snapshot.notes, *sentences(snapshot.left_out)]
    notes += specification_sentences(snapshot)
    initial = {name: offer["value"] for name, offer in known.items()}
    initial["repository"] = snapshot.address
    told_by = {name: offer["source"] for name, offer in known.items() if name not in typed}
    return StartingPoint("repository", {**initial, **typed}, told_by, tuple(notes), snapshot=snapshot)


def specification_sentences(snapshot: Snapshot) -> list[str]:
    """Which workflow specifications the repository has, and who adds them to the project: creating it does not."""
    found = snapshot.specifications()
    if not found:
        return []
    named = [
        ngettext("%(file)s (%(n)s step)", "%(file)s (%(n)s steps)", steps) % {"file": plain(name), "n": steps} if steps else plain(name)
        for name, steps in found
    ]
    return [
        _("Workflow specifications: %(files)s.") % {"files": ", ".join(named)},
        _("They are not added with the project. Add them on its Workflows tab when it is created."),
    ]


def projects_to_copy(user: User, query: str) -> list[Project]:
    """Projects that the person may see and that match, own ones first."""
    visible = Project.objects.visible_to(user).matching(query) if query else Project.objects.visible_to(user)
    mine = set(Project.objects.mine(user).values_list("pk", flat=True))
    return sorted(visible[: MOST_LISTED * 4], key=lambda item: (item.pk not in mine, item.title))[:MOST_LISTED]
