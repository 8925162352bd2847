"""The editor: each press of a button comes back with all that was typed, until what was typed is reviewed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from projects.models import Project
from projects.page_context import project_context
from projects.workflows.entering import services
from projects.workflows.entering.beginning import EntryRefused
from projects.workflows.entering.editor_form import EditorForm
from projects.workflows.entering.insertion import NotInserted, inserted, step_at
from projects.workflows.entering.quick_check import quick_check
from projects.workflows.entering.schema_help import KEYS, PARTS
from projects.workflows.entering.unsaved import opened
from projects.workflows.models import Specification
from projects.workflows.pages import TAB
from vre_portal.iam.current_user import current_user
from vre_portal.text import number_of, plain

REVIEW, CHECK, INSERT = "review", "check", "insert"


def editor(request: HttpRequest, project: Project, form: EditorForm, template: str, **page: Any) -> HttpResponse:
    """What the editor answers to a press; where it opens, its page."""
    status = 200
    if request.method == "POST":
        action, _colon, value = request.POST.get("do", REVIEW).partition(":")
        if action in (REVIEW, CHECK):
            if not form.is_right:
                status = 422
            elif action == CHECK:
                page["found"] = quick_check(form)
            elif answer := _entered(request, project, form, page.get("specification")):
                return answer
            else:
                status = 422
        else:
            _change(form, action, value, number_of(request.POST.get("line", "")) or 0)
    page |= {"form": form, "parts": PARTS, "is_changed": request.method == "POST"}
    return render(request, template, project_context(request, project, TAB, **page), status=status)


def _entered(request: HttpRequest, project: Project, form: EditorForm, specification: Specification | None) -> HttpResponse | None:
    """The page on which what was typed is reviewed; None with an error on the form."""
    values = form.cleaned_data
    try:
        entry = services.enter_text(
            by=current_user(request), project=project, key=values["key"], text=values["text"], specification=specification,
            seen=values["seen"], files=form.changed_files(), removed=form.removed,
        )  # fmt: skip
    except EntryRefused as refusal:
        form.add_error(None, str(refusal))
        return None
    return opened(request, entry)


def _change(form: EditorForm, action: str, value: str, line: int) -> None:
    """What a press does that only changes the form; `line` is where the cursor is in the text, 0 where nobody knows."""
    form.unbind()
    if action != INSERT:
        form.press(action, value)
    elif key := KEYS.get(value):
        form.key_inserted = key.name
        try:
            text, form.line_shown = inserted(form.text_now, key, line)
        except NotInserted as refused:
            form.said = str(refused)
            return
        step = step_at(text, form.line_shown) if key.is_of_step else ""
        if text == form.text_now:
            words = _("The text has this already, on line %(line)s.")
        else:
            words = _("Inserted on line %(line)s, in the step “%(step)s”.") if step else _("Inserted on line %(line)s.")
        form.said = words % {"line": form.line_shown, "step": plain(step)[:200]}
        form.initial["text"] = text
