"""A piece of news, and at which moments it is shown to whom."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, override

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from vre_portal import markdown, rich_text
from vre_portal.iam.models import User
from vre_portal.validators import validate_visible_line

MAX_TEXT, MAX_EXCERPT = 20_000, 200


class NewsQuerySet(models.QuerySet["NewsItem"]):
    """News by the clock, by reader and by place."""

    def on_show(self) -> "NewsQuerySet":
        """Published ones of which the first moment has come and the last has not: by the clock of each question."""
        now = timezone.now()
        begun = Q(is_published=True, deleted_at=None, publish_at__lte=now)
        return self.filter(begun & (Q(until=None) | Q(until__gt=now)))

    def public(self) -> "NewsQuerySet":
        """Those that everybody may see now: of the portal, and of public projects."""
        return self.visible_to(AnonymousUser())

    def visible_to(self, user: User | AnonymousUser) -> "NewsQuerySet":
        """Those that somebody may see now: of the portal, and of the projects that they may see."""
        return self.on_show().filter(Q(project=None) | Q(project__in=Project.objects.visible_to(user)))

    def unpublished(self) -> "NewsQuerySet":
        """What only those who write see: drafts, and what is not shown yet or no longer."""
        now = timezone.now()
        return self.filter(deleted_at=None).filter(Q(is_published=False) | Q(publish_at__gt=now) | Q(until__lte=now))

    def next_change(self) -> datetime | None:
        """When the clock alone next changes what is shown."""
        now, shown = timezone.now(), Q(is_published=True, deleted_at=None)
        moments = self.filter(shown).aggregate(
            begin=models.Min("publish_at", filter=Q(publish_at__gt=now)), end=models.Min("until", filter=Q(until__gt=now))
        )
        return min((moment for moment in moments.values() if moment is not None), default=None)

    def newest_first(self) -> "NewsQuerySet":
        """In the order of the lists, each with its project; a list shows the excerpt, and never reads the text."""
        return self.select_related("project").defer("text", "project__description").order_by("-publish_at", "-pk")


class NewsItem(models.Model):
    """News of the portal, or of a project where it has one."""

    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="news", verbose_name=_("project"))
    title = models.CharField(_("title"), max_length=200, validators=[validate_visible_line])
    text = models.TextField(_("text"), max_length=MAX_TEXT)
    excerpt = models.CharField(max_length=MAX_EXCERPT, blank=True, editable=False, help_text=_("The first words of the text, for lists"))
    picture = models.FileField(_("picture"), upload_to="news/", blank=True)
    picture_description = models.CharField(_("picture description"), max_length=300, blank=True)
    is_published = models.BooleanField(_("published"), default=False)
    publish_at = models.DateTimeField(_("shown from"), default=timezone.now)
    until = models.DateTimeField(_("shown until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text=_("Grows with each change, so that two editors notice each other"))
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text=_("The identifier of the form: sending it twice gives one item"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    changed_at = models.DateTimeField(_("modified"), default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text=_("A deleted item can be restored for a month"))

    objects: ClassVar[NewsQuerySet] = NewsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-publish_at", "-pk")
        verbose_name = _("news item")
        verbose_name_plural = _("news")
        constraints = (models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("publish_at")), name="news_ends_after_it_begins"),)
        indexes = (models.Index(fields=["-publish_at", "-id"], condition=Q(deleted_at=None, is_published=True), name="news_shown"),)

    def __str__(self) -> str:
        return self.title

    @override
    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """With the first words of the text, so that no list has to read it again."""
        if update_fields is None or "text" in (update_fields := {*update_fields}):
            self.excerpt = rich_text.excerpt(self.text, MAX_EXCERPT)
            update_fields = None if update_fields is None else {*update_fields, "excerpt"}
        super().save(*args, update_fields=update_fields, **options)

    def get_absolute_url(self) -> str:
        return reverse("news:item", args=[self.pk])

    @property
    def edit_url(self) -> str:
        """Where it is edited."""
        return reverse("project-news:edit", args=[self.project.slug, self.pk]) if self.project else reverse("news:edit", args=[self.pk])

    @property
    def delete_url(self) -> str:
        """Where it is deleted."""
        return reverse("project-news:delete", args=[self.project.slug, self.pk]) if self.project else reverse("news:delete", args=[self.pk])

    @property
    def restore_url(self) -> str:
        """Where a deleted one is restored."""
        name = "restore"
        return (
            reverse(f"project-news:{name}", args=[self.project.slug, self.pk]) if self.project else reverse(f"news:{name}", args=[self.pk])
        )

    @property
    def state(self) -> str:
        """draft, scheduled, shown or expired, at this moment."""
        now = timezone.now()
        if not self.is_published:
            return "draft"
        if self.publish_at > now:
            return "scheduled"
        return "expired" if self.until is not None and self.until <= now else "shown"

    @property
    def updated_at(self) -> datetime:
        """When what readers see last changed: what was edited before it was shown is new at that moment."""
        return max(self.publish_at, self.changed_at)

    @property
    def html(self) -> SafeString:
        """The text as HTML through the sanitiser."""
        return markdown.render(self.text, level=3)
