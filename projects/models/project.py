"""The science project itself, and which of them somebody may see."""

from datetime import UTC, datetime
from typing import ClassVar

import nh3
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

from projects.models.membership import Membership
from vre_portal.iam.models import User


def spelt(moment: datetime) -> str:
    """A moment of an embargo, which is in UTC for everybody: 3 Mar 2027, 00:00 UTC."""
    there = moment.astimezone(UTC)
    return f"{dateformat.format(there, 'j M Y, H:i')} UTC"


def text_label(name: str) -> str:
    """What pages call a field of a project, in lower case."""
    return str(getattr(Project._meta.get_field(name), "verbose_name", name))


def _public() -> models.Q:
    """Public, or with an embargo that has ended: by the clock of each question, so that no task has to run at that moment."""
    return models.Q(visibility=Project.Visibility.PUBLIC) | models.Q(embargo_until__lte=timezone.now())


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects as somebody may see them."""

    def public(self) -> "ProjectQuerySet":
        """Those that everybody may see now."""
        return self.filter(_public())

    def next_opening(self) -> datetime | None:
        """When the next embargo ends, and with it what `public` says changes."""
        coming = self.exclude(visibility=Project.Visibility.PUBLIC).filter(embargo_until__gt=timezone.now())
        opens_at: datetime | None = coming.aggregate(moment=models.Min("embargo_until"))["moment"]
        return opens_at

    def visible_to(self, user: User | AnonymousUser) -> "ProjectQuerySet":
        """Public projects, and those that the person belongs to by name or by an IAM group."""
        public = _public()
        if not isinstance(user, User) or not user.is_active:
            return self.filter(public)
        mine = Membership.objects.of(user).values("project")
        return self.filter(public | models.Q(pk__in=mine))

    def mine(self, user: User) -> "ProjectQuerySet":
        """The projects that a person belongs to."""
        return self.filter(pk__in=Membership.objects.of(user).values("project"))

    def matching(self, text: str) -> "ProjectQuerySet":
        """Those that have the text in their title, summary or description."""
        return self.filter(models.Q(title__icontains=text) | models.Q(summary__icontains=text) | models.Q(description__icontains=text))

    def page(self, *, after: str, size: int) -> list["Project"]:
        """At most `size` projects, those that follow the one with the slug `after`; the cost is the page's and not the list's."""
        last = self.filter(slug=after).first() if after else None
        found = self.order_by("title", "slug")
        if last is not None:
            found = found.filter(models.Q(title__gt=last.title) | models.Q(title=last.title, slug__gt=last.slug))
        return list(found[:size])


class Project(models.Model):
    """One object for the people, data, software, environments, workflows and results of a piece of science."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("public")
        MEMBERS = "members", _("members only")

    slug = models.SlugField(_("name in addresses"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown"))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility, default=Visibility.MEMBERS)
    embargo_until = models.DateTimeField(
        _("embargo until"), null=True, blank=True, help_text=_("A members-only project becomes public at this time.")
    )
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    experiments = models.JSONField(_("experiments"), default=list, blank=True)
    institutes = models.JSONField(_("institutes"), default=list, blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    citation = models.TextField(_("citation"), blank=True, help_text=_("BibTeX"))
    picture = models.FileField(_("picture"), upload_to="projects/", blank=True)
    picture_description = models.CharField(_("picture description"), max_length=300, blank=True)
    scope = models.CharField(_("scope"), max_length=60, blank=True, help_text=_("Where results are kept in the Data Lake"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    changed_at = models.DateTimeField(_("modified"), auto_now=True)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title",)
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.slug])

    @property
    def is_public(self) -> bool:
        lifted = self.embargo_until is not None and self.embargo_until <= timezone.now()
        return lifted or self.visibility == self.Visibility.PUBLIC

    @property
    def embargo(self) -> datetime | None:
        """When the project becomes public by itself, while that is still to come."""
        return None if self.is_public else self.embargo_until

    @property
    def access(self) -> str:
        """Who sees it, in words for those who do."""
        if self.embargo is None:
            return gettext("public") if self.is_public else gettext("members only")
        return gettext("members only until %(date)s, then public") % {"date": spelt(self.embargo)}

    @property
    def description_html(self) -> SafeString:
        """The description as HTML that has been through the sanitiser; its largest headings are one below that of the page."""
        html = nh3.clean(MarkdownIt("commonmark", {"html": False}).enable("table").render(self.description))
        return mark_safe(html.replace("<h1>", "<h2>").replace("</h1>", "</h2>"))  # noqa: S308
