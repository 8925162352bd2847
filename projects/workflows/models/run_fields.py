"""The columns of a run: what was asked for, what REANA says of it, and when."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.workflows.exact_json import ExactJSONField
from projects.workflows.models.specification import Specification
from projects.workflows.models.version import SpecificationVersion
from vre_portal.jobs.models import Job


class RunFields(Job):
    """What is stored of a run; the intent is there before REANA knows of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SUBMITTING = "submitting", _("submitting")
        CREATED = "created", _("created")
        PENDING = "pending", _("pending")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")
        DELETED = "deleted", _("deleted")

    UNSUBMITTED = (Status.QUEUED, Status.SUBMITTING)
    ACTIVE = (Status.CREATED, Status.PENDING, Status.RUNNING)
    ENDED = (Status.FINISHED, Status.FAILED, Status.STOPPED, Status.DELETED)

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="runs")
    specification = models.ForeignKey(Specification, models.PROTECT, related_name="runs")
    version = models.ForeignKey(
        SpecificationVersion, models.PROTECT, null=True, blank=True, related_name="runs", help_text=_("Empty for runs of earlier portals")
    )
    commit = models.CharField(max_length=64, blank=True)
    code = models.JSONField(default=dict, help_text=_("Path in the workspace -> text, of a run without a version"))
    parameters = ExactJSONField(default=dict)
    overrides = models.JSONField(default=dict, help_text=_("Number of a step -> its name, and what this run changes in it"))
    inputs = models.JSONField(default=dict, help_text=_('Path in the workspace -> {"lake", "did"}'))
    attached = models.JSONField(
        default=dict, db_default={}, help_text=_('Path in the workspace -> {"file"} (of a run) or {"stored"} (sha256 of an uploaded file)')
    )
    inputs_note = models.TextField(blank=True, help_text=_("What its data wait for"))
    quota_note = models.TextField(blank=True, default="", db_default="", help_text=_("Which quota it waits for, while it does"))
    quota_since = models.DateTimeField(null=True, blank=True, help_text=_("Since when it waits for room in the quota of its person"))
    fetch_commands = models.JSONField(default=list, help_text=_("Commands of the portal's own step before the first, one for each file"))
    image_digests = models.JSONField(
        default=dict, db_default={}, help_text=_("Name of an image -> the digest that its registry gave for it when the run was launched")
    )
    key = models.UUIDField(help_text=_("The identifier of the form: submitting the same form twice gives one run"))
    server = models.CharField(max_length=60)
    name = models.CharField(max_length=60, unique=True, help_text=_("The name of the workflow at REANA"))
    remote_id = models.CharField(max_length=60, blank=True)
    remote_status = models.CharField(max_length=20, blank=True, help_text=_("REANA's own word for the status"))
    made_from = models.ForeignKey(
        "workflows.Run",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The run whose values the launch form began with"),
    )
    continues = models.ForeignKey(
        "workflows.Run",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="continuations",
        help_text=_("The failed run that this one continues"),
    )
    workspace_name = models.CharField(
        max_length=60, blank=True, db_index=True, help_text=_("The name at REANA of the run whose workspace it shares, if it continues one")
    )
    from_step = models.CharField(max_length=300, blank=True, help_text=_("The step at which it begins, if it continues another run"))
    remote_before = models.JSONField(
        null=True, help_text=_("IDs of the workflows in the same workspace before REANA was asked for this one")
    )
    workspace_deleted_at = models.DateTimeField(null=True, blank=True, help_text=_("When its files at REANA were deleted"))
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    steps = models.JSONField(default=list, help_text=_("name, state, log, started, finished, environment of each job, as last reported"))
    files = models.JSONField(default=list, help_text=_("Unused: earlier versions listed the workspace here; it is in RunFile now"))
    files_total = models.PositiveIntegerField(
        default=0, help_text=_("Number of files listed by REANA, including those that are not in RunFile")
    )
    files_note = models.TextField(blank=True, help_text=_("What is missing in the list of files"))
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the files of the workspace were listed after the run had ended")
    )
    interim_listed_at = models.DateTimeField(null=True, blank=True, help_text=_("When they were listed while the run had not ended"))
    list_asked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When somebody asked to list them now; empty when that is done")
    )
    collected_at = models.DateTimeField(null=True, blank=True, help_text=_("When copying was complete"))
    title = models.CharField(max_length=200, blank=True, help_text=_("What people call it; its number where empty"))
    note = models.TextField(blank=True, help_text=_("Remarks of people"))
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when lists leave it out unless archived runs are asked for")
    )
    published_at = models.DateTimeField(null=True, blank=True, help_text=_("When it became visible to everybody who can see the project"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    failure_seen_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the person who launched it first opened its page after it had failed")
    )
    was_public = models.BooleanField(
        default=False, help_text=_("Everybody could see it in an earlier version; the project leads have not decided yet")
    )

    class Meta:
        abstract = True

    @property
    def ended(self) -> bool:
        return self.status in self.ENDED
