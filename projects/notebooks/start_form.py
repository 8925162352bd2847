"""The form that starts a session as its person wants it; an address may fill it in, and what is wrong there stands beside its field."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, override

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.notebooks import server_names, start_data
from projects.notebooks.hub_offers import HubOffer, can_fetch_git, takes_git_from
from projects.notebooks.models import Session, StartSettings
from projects.notebooks.models.start_settings import MAX_NAME, MAX_SAVED
from projects.notebooks.start_options import StartOptions
from projects.permissions import Permission, can
from vre_portal import things
from vre_portal.address_guard import AddressRefused
from vre_portal.iam.models import User
from vre_portal.repositories.addresses import MAX_REF, normalised
from vre_portal.validators import validate_visible_line

NOT_OFFERED = gettext_lazy("“%(value)s” is not offered here. Choose one of the list.")
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")  # nbgitpuller takes branches and tags
LINES = 12_000  # characters of the list of DIDs


class Lines(forms.Textarea):
    """One value a line; an address gives each in a parameter of its own."""

    @override
    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> str:
        return "\n".join(data.getlist(name)) if isinstance(data, QueryDict) else str(data.get(name) or "")


class StartForm(forms.Form):
    """Where a session runs, how large it is and what it brings; the fields for which the hub offers nothing are not there."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    environment = forms.ChoiceField(label=gettext_lazy("Environment"), required=False)
    cpu = forms.ChoiceField(label=gettext_lazy("CPUs"), required=False)
    memory = forms.ChoiceField(label=gettext_lazy("Memory"), required=False)
    gpu = forms.ChoiceField(label=gettext_lazy("GPU"), required=False)
    basket = forms.ChoiceField(
        label=gettext_lazy("Basket"), required=False, help_text=gettext_lazy("The session begins with a notebook that reads it.")
    )
    did = forms.CharField(
        label=gettext_lazy("Data"),
        required=False,
        max_length=LINES,
        widget=Lines(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("DIDs (scope:name), one per line. Each gets a notebook. Nothing is downloaded until you run it."),
    )
    git = forms.CharField(
        label=gettext_lazy("Git repository"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "It is cloned when you first open JupyterLab, or updated if an earlier session cloned it. Your changes are kept."
        ),
    )
    branch = forms.CharField(label=gettext_lazy("Branch or tag"), required=False, max_length=MAX_REF, validators=[validate_visible_line])
    name = forms.CharField(
        label=gettext_lazy("Name of the session"),
        required=False,
        max_length=server_names.MAX_NAME,
        help_text=gettext_lazy("Only for a further session of this project: lower-case letters and digits."),
    )
    save_as = forms.CharField(
        label=gettext_lazy("Save these settings as"),
        required=False,
        max_length=MAX_NAME,
        validators=[validate_visible_line],
        help_text=gettext_lazy("For your next sessions, in any project. Basket and data are not part of them."),
    )

    def __init__(self, *args: Any, by: User, project: Project, offer: HubOffer, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by, self.project, self.offer = by, project, offer
        self.running: Session | None = None
        self.fields["key"].initial = uuid.uuid4
        self._choices("environment", [(item.slug, item.name) for item in offer.environments])
        self._choices("cpu", [(value, value) for value in offer.cpus])
        self._choices("memory", [(value, _("%(size)s GB") % {"size": value}) for value in offer.memories])
        self._choices("gpu", [(value, value) for value in offer.gpus], none=_("None"))
        baskets = things.basket_names(by) if offer.writes_starter else {}
        self._choices("basket", [(str(pk), name) for pk, name in baskets.items()], none=_("None"))
        if not offer.writes_starter:
            self._leave_out("did")
        if not offer.takes_git:
            self._leave_out("git", "branch")
        if offer.git_hosts and "git" in self.fields:
            hosts = _("Hosts: %(hosts)s.") % {"hosts": ", ".join(offer.git_hosts)}
            self.fields["git"].help_text = f"{self.fields['git'].help_text} {hosts}"

    @classmethod
    def of_address(cls, query: QueryDict, *, by: User, project: Project, offer: HubOffer, known: StartOptions) -> "StartForm":
        """Filled in from an address, and where that has nothing, from settings that the person used before; checked where the address has any."""
        facts: dict[str, Any] = {"by": by, "project": project, "offer": offer}
        initial = _offered_only(known.kept, offer) | {"key": str(uuid.uuid4())}
        if not set(query) & (set(cls.base_fields) - {"key", "save_as"}):
            return cls(initial=initial, **facts)
        data = query.copy()
        data["key"] = initial["key"]  # one's own: an address that somebody else made could name a session that was started before
        for name, value in initial.items():
            data.setdefault(name, value)
        form = cls(data, **facts)
        form.is_valid()
        if data.get("did") and (words := start_data.other_lake(offer, query.get("lake", ""))):
            form.add_error("did", words)
        return form

    def clean_did(self) -> tuple[str, ...]:
        return start_data.checked(self.by, self.offer, self.cleaned_data["did"])

    def clean_git(self) -> str:
        text = self.cleaned_data["git"].strip()
        if not text:
            return ""
        try:
            branch = str(self.data.get("branch") or "").strip()
            address, ref = normalised(text, "" if COMMIT.fullmatch(branch) else branch)
        except AddressRefused as error:
            raise forms.ValidationError(str(error), code="address") from None
        if not takes_git_from(self.offer, address):
            hosts = ", ".join(self.offer.git_hosts) or _("none")
            raise forms.ValidationError(
                _("Sessions can fetch repositories from these hosts only: %(hosts)s."), params={"hosts": hosts}, code="host"
            )
        if COMMIT.fullmatch(ref):
            raise forms.ValidationError(_("A session follows a branch or tag, not a commit. Enter the name of one."), code="commit")
        self._ref = ref
        return address

    def clean_branch(self) -> str:
        branch: str = self.cleaned_data["branch"].strip()
        if COMMIT.fullmatch(branch):
            raise forms.ValidationError(_("Enter a branch or tag; a session can't check out a commit."), code="commit")
        return branch

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip().lower()
        if name and not server_names.NAME.fullmatch(name):
            raise forms.ValidationError(_("Use lower-case letters and digits only, such as “fit2”."), code="name")
        server = server_names.server_name(self.project.slug, name)
        other = Project.objects.filter(slug=server).first() if name else None
        # Nothing is said of one that is hidden from them, where they can have no session.
        if other and can(self.by, other, Permission.VIEW):
            raise forms.ValidationError(_("This name can't be used here. Choose another one."), code="taken")
        return name

    def clean_save_as(self) -> str:
        name: str = " ".join(self.cleaned_data["save_as"].split())
        saved = StartSettings.objects.saved().filter(by=self.by, hub=self.offer.hub.name).exclude(name=name)
        if name and saved.count() >= MAX_SAVED:
            raise forms.ValidationError(_("You have %(most)s saved settings, the most. Delete one first."), params={"most": MAX_SAVED})
        return name

    @override
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen = self.offer.environment(values.get("environment", ""))
        if chosen and values.get("gpu") and not chosen.has_gpu:
            words = _("“%(environment)s” can't use a GPU. Choose another environment, or no GPU.")
            self.add_error("gpu", words % {"environment": chosen.name})
        if chosen and values.get("git") and not can_fetch_git(chosen):
            words = _("“%(environment)s” can't fetch repositories. Choose another environment, or leave this field empty.")
            self.add_error("git", words % {"environment": chosen.name})
        if values.get("branch") and not values.get("git") and "git" not in self.errors:
            self.add_error("git", _("Enter the repository of this branch, or leave the branch empty."))
        if "name" in values:
            server = server_names.server_name(self.project.slug, values["name"])
            self.running = Session.objects.alive().filter(by=self.by, hub=self.offer.hub.name, server=server).first()
            if self.running and not self._may_start_over(self.running):
                self.add_error("name", _("This session is already open. Stop it first, or enter another name to open a further one."))
        return values

    def _may_start_over(self, running: Session) -> bool:
        """Whether it is the one that this form started already, or one of this project that starts again once it has stopped."""
        if running.state == Session.State.STOPPING:
            return running.project_id == self.project.pk
        key = self.cleaned_data.get("key")
        return running.key == key if self.errors else running.is_of_form(key, self.start_options)

    @property
    def start_options(self) -> StartOptions:
        """What was chosen; only of a form without errors."""
        values = self.cleaned_data
        texts = {name: values.get(name, "") for name in ("environment", "cpu", "memory", "gpu", "basket", "git")}
        return StartOptions(**texts, dids=values.get("did", ()), branch=self._ref if values.get("git") else "")

    _ref = ""  # the branch as the address of the repository names it

    def _leave_out(self, *names: str) -> None:
        """Leave fields out for which the hub has no use, save those that an address or a form fills in: they say that it has none."""
        if not any(self.data.get(name) for name in names):
            for name in names:
                del self.fields[name]

    def _choices(self, name: str, choices: Iterable[tuple[str, str]], none: str = "") -> None:
        found = list(choices)
        if not found and not self.data.get(name):
            del self.fields[name]
            return
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- for the type
        field.choices = [("", none or _("Default of the hub")), *found]
        field.error_messages["invalid_choice"] = str(NOT_OFFERED)


def _offered_only(known: Mapping[str, str], offer: HubOffer) -> dict[str, str]:
    """Settings from before, without what the hub no longer offers."""
    offered = {
        "environment": [item.slug for item in offer.environments],
        "cpu": offer.cpus,
        "memory": offer.memories,
        "gpu": offer.gpus,
    }
    return {name: value for name, value in known.items() if name not in offered or value in offered[name]}
