"""What projects report as notices, and projects as something to follow: all of it in the transaction of what happened."""

from collections.abc import Collection, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects import citation
from projects.models import Membership, Project, Role
from vre_portal import things
from vre_portal.citation_formats import Reference
from vre_portal.iam.models import User
from vre_portal.notices import kinds
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Follow
from vre_portal.notices.services import notify, topic
from vre_portal.search import audiences, sources
from vre_portal.text import number_of, plain
from vre_portal.things import Reader, ThingPage

SECTION = gettext_lazy("Projects")


def _joined(count: int, _title: str) -> str:
    return ngettext("%(count)s person joined the same project", "%(count)s people joined the same project", count) % {"count": count}


PUBLISHED = NoticeKind(
    "projects.published", gettext_lazy("A project was published"), SECTION, icon="globe",
    is_of_project=True, project_title=gettext_lazy("The project was published"),
)  # fmt: skip
# Not of the project for its webhooks: they are off from the moment at which it is archived.
ARCHIVED = NoticeKind("projects.archived", gettext_lazy("A project was archived or restored"), SECTION, icon="archive")
DELETED = NoticeKind("projects.deleted", gettext_lazy("A project was deleted"), SECTION, icon="trash-2")
ADDED = NoticeKind("projects.added", gettext_lazy("You were added to a project"), SECTION, icon="users")
JOINED = NoticeKind(
    "projects.joined", gettext_lazy("Somebody joined a project"), SECTION, icon="users", group_title=_joined,
    is_of_project=True, project_title=gettext_lazy("Somebody joined the project"),
)  # fmt: skip


def register() -> None:
    """The kinds, and projects as topics."""
    for kind in (PUBLISHED, ARCHIVED, DELETED, ADDED, JOINED):
        kinds.register(kind)
    things.register("project", label=gettext_lazy("Project"), icon="layers", pages=pages, can_be_followed=True, references=references)
    sources.register_things("project", "project")


def pages(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those of some projects, by number, that the person may see."""
    found = Project.objects.visible_to(reader).filter(pk__in=_numbers(values)).only("pk", "title", "slug")
    return {str(project.pk): ThingPage(project.title, project.get_absolute_url()) for project in found}


def references(values: Sequence[str]) -> Mapping[str, Reference]:
    """How to cite projects, by their leads."""
    leads: dict[int, list[Membership]] = {}
    for item in Membership.objects.filter(project__in=_numbers(values), role=Role.LEAD, user__isnull=False).select_related("user"):
        leads.setdefault(item.project_id, []).append(item)
    rows = Project.objects.filter(pk__in=_numbers(values)).defer("description")
    return {str(project.pk): citation.reference(project, leads.get(project.pk, ())) for project in rows}


def _numbers(values: Sequence[str]) -> list[int]:
    return [number for value in values if (number := number_of(value))]


def topic_of(project: Project) -> str:
    """The project, as something to follow."""
    return topic("project", project.pk)


def seen_by(project: Project) -> str:
    """The rule of what everybody may know who may see the project."""
    return audiences.rule(audiences.condition("project", project.pk))


def seen_by_members(project: Project) -> str:
    """The rule of what only those may know who belong to the project."""
    return audiences.rule(audiences.condition("members", project.pk))


def named_people(project: Project, *, but: User | None) -> set[int]:
    """Those who have a role by name; who has one by a group may follow the project."""
    found = set(Membership.objects.filter(project=project, user__isnull=False).values_list("user", flat=True))
    return found - {but.pk if but else None}


def published(project: Project, *, by: User | None, record: object) -> None:
    """Everybody may see it from now on. `record` tells one publication from another."""
    title = _("Published: %(title)s") % {"title": plain(project.title)}
    people = named_people(project, but=by)
    _report(PUBLISHED, f"project:{project.pk}:{record}", project, title, by, people, seen_by(project))


def archived(project: Project, *, by: User) -> None:
    """It is read only from now on."""
    title, key = _("Archived: %(title)s") % {"title": plain(project.title)}, f"project:{project.pk}:archived:{project.archived_at}"
    _report(ARCHIVED, key, project, title, by, named_people(project, but=by), seen_by(project))


def restored(project: Project, *, by: User) -> None:
    """It can be changed again."""
    title, key = _("Restored: %(title)s") % {"title": plain(project.title)}, f"project:{project.pk}:restored:{project.changed_at}"
    _report(ARCHIVED, key, project, title, by, named_people(project, but=by), seen_by(project))


def _report(kind: NoticeKind, key: str, project: Project, title: str, by: User | None, people: Collection[int], audience: str) -> None:
    notify(
        kind.key, key, title=title, url=project.get_absolute_url(), audience=audience, to=people, topics=[topic_of(project)], actor=by,
        group=f"project:{project.pk}", data={"project": project.slug},
    )  # fmt: skip


def deleted(project: Project, *, by: User, was_public: bool) -> None:
    """It is about to be deleted: its people are still known. Afterwards nobody sees it, so that each who may know is named in the rule."""
    groups = set(Membership.objects.filter(project=project, user=None).values_list("group", flat=True))
    followers = User.objects.filter(follows__topic=topic_of(project)).exclude(pk=by.pk).only("pk", "groups")
    people = named_people(project, but=by) | {user.pk for user in followers if was_public or groups & set(user.groups)}
    Follow.objects.filter(topic=topic_of(project)).delete()
    if not people:
        return
    audience = audiences.PUBLIC if was_public else audiences.rule(*(audiences.person(pk) for pk in sorted(people)))
    title = _("Deleted: %(title)s") % {"title": plain(project.title)}
    url = project.get_absolute_url() if was_public else reverse("projects:index")
    notify(
        DELETED.key, f"project:{project.pk}", title=title, url=url, audience=audience, to=people, actor=by, data={"project": project.slug}
    )


def joined(membership: Membership, *, by: User, is_added: bool) -> None:
    """A person has a role from now on: the leads and who follows the project are told, and the person where somebody added them."""
    project, person, role = membership.project, membership.user, Role(membership.role)
    if person is None:
        return
    url, key = reverse("projects:people", args=[project.slug]), f"membership:{membership.pk}"
    names = {"name": plain(person), "role": role.label, "title": plain(project.title)}
    leads = Membership.objects.filter(project=project, role=Role.LEAD, user__isnull=False).values_list("user", flat=True)
    notify(
        JOINED.key, key, title=_("%(name)s joined %(title)s (%(role)s)") % names, url=url, audience=seen_by_members(project),
        to=set(leads) - {by.pk, person.pk}, topics=[topic_of(project)], actor=person, group=f"project:{project.pk}", data={"project": project.slug},
    )  # fmt: skip
    if is_added and person.pk != by.pk:
        title = _("You were added to %(title)s (%(role)s)") % names
        audience = audiences.rule([audiences.person(person.pk), audiences.condition("members", project.pk)])
        notify(ADDED.key, key, title=title, url=project.get_absolute_url(), audience=audience, to=[person], actor=by)
