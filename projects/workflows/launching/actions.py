"""What the buttons of the launch form do besides launching: show the values as YAML or as a form, link to them, save them, take a file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.workflows.forms import LaunchForm
from projects.workflows.launching import templates
from projects.workflows.launching.field_values import sent
from vre_portal.iam.current_user import current_user
from vre_portal.text import size

MAX_FILE = 200_000  # bytes of a file of parameters
MAX_LINK = 6_000  # characters of an address, as servers and mail programs take it


class Action(StrEnum):
    """What was pressed."""

    LAUNCH = "launch"
    CHECK = "check"
    YAML = "yaml"
    FORM = "form"
    FILE = "file"
    LINK = "link"
    SAVE = "save"
    LOOK = "look"
    VALIDATE = "validate"

    @classmethod
    def of(cls, request: HttpRequest) -> "Action":
        """The button of the form; launching where it says none, as programs do. What comes back from choosing data is only looked at."""
        if "use" in request.POST:
            return cls.CHECK
        pressed = request.POST.get("do", "")
        return cls(pressed) if pressed in tuple(cls) else cls.LAUNCH


@dataclass
class Done:
    """How the page goes on: as YAML or as a form, with a link, with words about a file, or somewhere else."""

    is_yaml: bool = False
    link: str = ""
    is_link_short: bool = False  # it leaves out what is as in the specification
    wrong: str = ""
    answer: HttpResponse | None = None

    @property
    def query(self) -> str:
        """The part of the link behind the question mark."""
        return self.link.partition("?")[2]


def opened(request: HttpRequest) -> Done:
    """The page as an address opens it."""
    return Done(is_yaml=request.GET.get("as") == "yaml")


def file_of(request: HttpRequest) -> str | None:
    """The text of the file that was sent with its button; empty for one that cannot be read, which is told when the page is made."""
    if Action.of(request) is not Action.FILE:
        return None
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > MAX_FILE:
        return ""
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return ""


def perform(request: HttpRequest, action: Action, form: LaunchForm) -> Done:
    """Do what was pressed; the form keeps what was typed."""
    form.is_valid()
    done = Done(is_yaml=form.is_yaml)
    if action is Action.YAML:
        done.is_yaml = True
    elif action is Action.FORM:
        done.is_yaml = form.is_yaml and not form.typed.is_readable
        if done.is_yaml:
            done.wrong = _("Correct the YAML first: the form cannot show all of it.")
    elif action is Action.FILE and (upload := request.FILES.get("file")) is None:
        done.wrong = _("Choose a file.")
    elif action is Action.FILE and upload and (upload.size or 0) > MAX_FILE:
        done.wrong = _("The file was not loaded: it has more than %(limit)s.") % {"limit": size(MAX_FILE)}
    elif action is Action.FILE and upload and not _is_text(upload):
        done.wrong = _("The file was not loaded: it is not a text file in UTF-8.")
    elif action is Action.LINK:
        done.link, done.is_link_short = link_to(form)
    elif action is Action.SAVE:
        _save(request, form, done)
    return done


def _is_text(upload: "UploadedFile[Any]") -> bool:
    upload.seek(0)
    try:
        upload.read().decode()
    except UnicodeDecodeError:
        return False
    return True


def link_to(form: LaunchForm) -> tuple[str, bool]:
    """An address that opens the form with these values; a very long one leaves out what is as in the specification."""
    query: dict[str, str] = {"specification": form.specification.name}
    if form.specification.newest is not None:
        query["version"] = form.current_version
    if form.server_field:
        query["server"] = form.chosen_server
    changed = dict(query)
    for name, default in form.specification.default_parameters.items():
        field = form.fields[f"p-{name}"]
        if not field.disabled:
            query[f"p-{name}"] = str(form.data.get(f"p-{name}", ""))
            if query[f"p-{name}"] != sent(field, default):
                changed[f"p-{name}"] = query[f"p-{name}"]
    for number in range(len(form.paths)):
        for name in (f"i-{number}", f"l-{number}"):
            if name in form.fields:
                query[name] = changed[name] = str(form.data.get(name, ""))
    for name in form.setting_names:
        if value := str(form.data.get(name, "")).strip():
            query[name] = changed[name] = value
    page = settings.PORTAL_URL.rstrip("/") + reverse("workflows:launch", args=[form.specification.project.slug])
    is_short = len(urlencode(query)) > MAX_LINK
    return f"{page}?{urlencode(changed if is_short else query)}", is_short


def _save(request: HttpRequest, form: LaunchForm, done: Done) -> None:
    if form.errors:
        done.wrong = _("The values were not saved. Fix the highlighted fields.")
        return
    files = {path: source for path, source in form.attached.items() if "file" in source}
    left_out = [path for path in form.attached if path not in files]
    try:
        saved = templates.save(
            by=current_user(request),
            specification=form.specification,
            name=request.POST.get("template-name", ""),
            shared=request.POST.get("template-shared") == "on",
            values=templates.Values(form.parameters, form.inputs, form.overrides, files, form.server),
        )
    except templates.NotSaved as error:
        done.wrong = str(error)
        return
    messages.success(request, _("Saved as “%(name)s”.") % {"name": saved.name})
    if left_out:
        messages.info(request, _("Uploaded files are not part of a template: %(paths)s.") % {"paths": ", ".join(left_out[:10])})
    page = reverse("workflows:launch", args=[form.specification.project.slug])
    query = urlencode({"specification": form.specification.name, "template": saved.pk})
    done.answer = redirect(f"{page}?{query}")
