"""News of a project as notices: told once, at the moment from which it is shown."""

from datetime import timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import project_events
from projects.news.models import NewsItem
from vre_portal.notices import kinds
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Event
from vre_portal.notices.services import notify
from vre_portal.search import audiences
from vre_portal.text import plain

KIND = NoticeKind(
    "news.posted", gettext_lazy("News of a project"), project_events.SECTION, icon="file-text",
    is_of_project=True, project_title=gettext_lazy("News of the project"),
)  # fmt: skip
LATE = timedelta(days=2)  # what was shown for longer when it is first looked at is no news


def register() -> None:
    """The kind of notice."""
    kinds.register(KIND)


def announce_due() -> int:
    """Report all that is shown and was not reported: also what was to be shown from a later moment on. How many items that were."""
    key = Concat(Value("news:"), Cast(OuterRef("pk"), CharField()))
    reported = Event.objects.filter(kind=KIND.key, key=key)
    due = NewsItem.objects.on_show().filter(~Exists(reported), project__isnull=False, publish_at__gt=timezone.now() - LATE)
    items = list(due.select_related("project", "written_by"))
    for item in items:
        with one_of_many(f"news item {item.pk}"):
            announce(item)
    return len(items)


def announce(item: NewsItem) -> None:
    """Report an item that is shown now; a second time is none."""
    if item.project is None or item.state != "shown" or item.deleted_at is not None:
        return
    project = item.project
    title = _("%(project)s: %(title)s") % {"project": plain(project.title), "title": plain(item.title)}
    notify(
        KIND.key, f"news:{item.pk}", title=title, text=item.excerpt, url=item.get_absolute_url(),
        audience=audiences.rule(audiences.condition("news", item.pk)),
        to=project_events.named_people(project, but=item.written_by), topics=[project_events.topic_of(project)],
        actor=item.written_by, group=f"project:{project.pk}", data={"project": project.slug},
    )  # fmt: skip
