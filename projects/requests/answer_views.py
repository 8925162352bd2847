"""The page on which administrators write templates of answers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.requests.answers import MAX_TEMPLATES
from projects.requests.forms import AT_MOST, text_field
from projects.requests.kinds import all_kinds
from projects.requests.models import StoredAnswer
from vre_portal.audit import record
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.validators import validate_visible_line


class StoredAnswerForm(forms.Form):
    """One template; the same title for the same kind replaces the one that was there."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of request"), required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100, validators=[validate_visible_line])
    text = text_field(gettext_lazy("Text"), AT_MOST)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [(kind.key, kind.title) for kind in all_kinds()]
        self.fields["kind"].choices = [("", gettext_lazy("all kinds")), *kinds]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
@staff_page
def answers(request: HttpRequest) -> HttpResponse:
    """All templates, and a form for another one."""
    user = current_user(request)
    form = StoredAnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        about = {"kind": form.cleaned_data["kind"], "title": form.cleaned_data["title"]}
        known = StoredAnswer.objects.filter(**about).exists()
        if known or StoredAnswer.objects.count() < MAX_TEMPLATES:
            facts = {"text": form.cleaned_data["text"], "updated_by": user, "updated_at": timezone.now()}
            if not StoredAnswer.objects.filter(**about).update(**facts):
                StoredAnswer.objects.create(**about, **facts)
            record("request.template", by=user, subject="requests/answers", title=about["title"])
            messages.success(request, _("Template saved."))
            return redirect("requests:answers")
        form.add_error(None, _("There can be %(limit)s templates. Delete one first.") % {"limit": MAX_TEMPLATES})
    titles = {kind.key: kind.title for kind in all_kinds()}
    rows = [(item, titles.get(item.kind, item.kind)) for item in StoredAnswer.objects.select_related("updated_by")]
    status = 400 if request.method == "POST" else 200
    return render(request, "requests/answers.html", {"form": form, "rows": rows}, status=status)


@never_cache
@require_POST
@rate_limited(ACT)
@staff_page
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one template."""
    user = current_user(request)
    found = get_object_or_404(StoredAnswer, pk=pk)
    found.delete()
    record("request.template_deleted", by=user, subject="requests/answers", title=found.title)
    messages.success(request, _("Template deleted."))
    return redirect("requests:answers")
