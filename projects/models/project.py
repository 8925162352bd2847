"""The science project itself, and which of them somebody may see."""

from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects import stages
from projects.models import details
from projects.models.details import Contact, Funding, ProjectInstitute
from projects.models.membership import Membership
from projects.models.pictures import own_picture
from vre_portal import markdown
from vre_portal.drawing import Drawing, draw
from vre_portal.iam.models import User
from vre_portal.vocabularies import spdx


def spelt(moment: datetime) -> str:
    """A moment of an embargo, which is in UTC for everybody: 3 Mar 2027, 00:00 UTC."""
    there = moment.astimezone(UTC)
    return f"{dateformat.format(there, 'j M Y, H:i')} UTC"


def text_label(name: str) -> str:
    """What pages call a field of a project, in lower case."""
    return str(getattr(Project._meta.get_field(name), "verbose_name", name))


def _public() -> models.Q:
    """Public, or with an embargo that has ended: by the clock of each question, so that no task has to run at that moment."""
    is_open = models.Q(visibility=Project.Visibility.PUBLIC) | models.Q(embargo_until__lte=timezone.now())
    return is_open & models.Q(deleted_at=None)


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
        DRAFT = "draft", _("draft")

    slug = models.SlugField(_("name in addresses"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown"))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility, default=Visibility.MEMBERS)
    embargo_until = models.DateTimeField(
        _("embargo until"), null=True, blank=True, help_text=_("A members-only project becomes public at this time.")
    )
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    further_themes = models.JSONField(_("further themes"), default=list, blank=True, validators=[details.validate_texts])
    keywords = models.JSONField(_("keywords"), default=list, blank=True, validators=[details.validate_texts])
    stage = models.CharField(_("stage"), max_length=40, blank=True)
    experiments = models.JSONField(_("experiments"), default=list, blank=True)
    institutes = models.JSONField(_("institutes"), default=list, blank=True)
    institute_rors = models.JSONField(
        _("ROR identifiers"), default=dict, blank=True, help_text=_("Of institutes, by their names"), validators=[details.validate_rors]
    )
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    contacts = models.JSONField(_("further contacts"), default=list, blank=True, validators=[details.validate_contacts])
    repository = models.CharField(_("repository"), max_length=500, blank=True, validators=[details.validate_web_address])
    website = models.CharField(_("website"), max_length=500, blank=True, validators=[details.validate_web_address])
    funding = models.JSONField(_("funding"), default=list, blank=True, validators=[details.validate_funding])
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    citation = models.TextField(_("citation"), blank=True, help_text=_("BibTeX"))
    picture = models.FileField(_("picture"), upload_to="projects/", blank=True)
    picture_description = models.CharField(_("picture description"), max_length=300, blank=True)
    scope = models.CharField(_("scope"), max_length=60, blank=True, help_text=_("Where results are kept in the Data Lake"))
    outline = models.CharField(_("template"), max_length=40, blank=True, help_text=_("The template that the project was begun with"))
    begun_from = models.JSONField(_("begun from"), default=dict, blank=True)  # a project or a repository, and what was taken from it
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    creation_key = models.UUIDField(null=True, blank=True, editable=False)  # of the form that created it: sent twice, it creates one
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)  # its rows go once nothing of it is at work any more
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    changed_at = models.DateTimeField(_("modified"), auto_now=True)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title",)
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = (models.UniqueConstraint(fields=["created_by", "creation_key"], name="one_project_per_form"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.slug])

    @property
    def address(self) -> str:
        """The whole address of its page, to be sent to others."""
        return f"{settings.PORTAL_URL.rstrip('/')}{self.get_absolute_url()}"

    @property
    def picture_address(self) -> str:
        """The whole address of its picture; empty where it has none."""
        return f"{settings.PORTAL_URL.rstrip('/')}{reverse('projects:picture', args=[self.slug])}" if self.picture else ""

    @property
    def is_public(self) -> bool:
        lifted = self.embargo_until is not None and self.embargo_until <= timezone.now()
        return self.deleted_at is None and (lifted or self.visibility == self.Visibility.PUBLIC)

    @property
    def is_draft(self) -> bool:
        """Whether it is not finished: only its people see it, and it says so."""
        return self.visibility == self.Visibility.DRAFT and not self.is_public

    @cached_property
    def has_workflow(self) -> bool:
        """Whether there is a specification to launch, or one whose faults are named."""
        known = self.__dict__.get("workflow_exists")  # where `project_for` has asked for it with the project
        return self.specifications.exists() if known is None else bool(known)

    @property
    def is_archived(self) -> bool:
        """Whether it is read only until a lead restores it."""
        return self.archived_at is not None

    @property
    def embargo(self) -> datetime | None:
        """When the project becomes public by itself, while that is still to come."""
        return None if self.is_public else self.embargo_until

    @property
    def access(self) -> str:
        """Who sees it, in words for those who do."""
        if self.is_draft:
            return gettext("draft")
        if self.embargo is None:
            return gettext("public") if self.is_public else gettext("members only")
        return gettext("members only until %(date)s, then public") % {"date": spelt(self.embargo)}

    @property
    def description_html(self) -> SafeString:
        """The description as HTML that has been through the sanitiser; its largest headings are one below that of the page."""
        return markdown.render(self.description, allow_picture=partial(own_picture, self.slug), allowed_for=self.slug, prefix="about")

    @property
    def missing_facts(self) -> list[tuple[str, str]]:
        """The facts that readers look for and that nobody has typed yet: field and label."""
        return [(name, text_label(name)) for name in ("stage", "theme", "experiments", "contact", "licence") if not getattr(self, name)]

    @property
    def is_copy(self) -> bool:
        """Whether it was begun as a copy of another project."""
        return bool(self.begun_from.get("kind") == "project")

    def copied_from(self, user: User | AnonymousUser) -> "Project | None":
        """The project that it was copied from, where that still exists and the person may see it."""
        if not self.is_copy:
            return None
        return Project.objects.visible_to(user).filter(pk=self.begun_from.get("project")).first()

    @property
    def themes(self) -> list[str]:
        """All themes, the main one first."""
        return list(dict.fromkeys(theme for theme in (self.theme, *self.further_themes) if theme))

    @property
    def stage_label(self) -> str:
        return stages.label(self.stage)

    @property
    def repository_url(self) -> str:
        """The repository, where a link may lead to it."""
        return self.repository if details.is_web_address(self.repository) else ""

    @property
    def website_url(self) -> str:
        """The website, where a link may lead to it."""
        return self.website if details.is_web_address(self.website) else ""

    @property
    def licence_address(self) -> str:
        """The page of SPDX about the licence; empty where it is no single SPDX identifier."""
        return spdx.address(self.licence) if self.licence else ""

    @property
    def licence_name(self) -> str:
        return spdx.name(self.licence)

    @property
    def drawing(self) -> Drawing:
        """A picture made of its row alone, so that lists of projects cost no question for it."""
        words = {"large": self.experiments, "middle": [*self.themes, *self.institutes], "small": self.keywords}
        return draw(self.slug, position=stages.position(self.stage), stages=len(settings.PROJECT_STAGES), words=words)

    @property
    def institute_list(self) -> list[ProjectInstitute]:
        return [ProjectInstitute(name, self.institute_rors.get(name, "")) for name in self.institutes]

    @property
    def contact_list(self) -> list[Contact]:
        """The contacts; the one in a line, which needs no name, first."""
        first = [Contact(self.contact, address=self.contact)] if self.contact else []
        return [*first, *(Contact.of(row) for row in self.contacts)]

    @property
    def funding_list(self) -> list[Funding]:
        return [Funding.of(row) for row in self.funding]
