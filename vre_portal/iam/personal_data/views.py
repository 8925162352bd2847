"""The download of one's data, and the deletion of one's account."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.audit import record
from vre_portal.iam.current_user import current_user
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.iam.sessions import step_up
from vre_portal.iam.tasks import revoke_soon
from vre_portal.limits import EXPORT, rate_limited

WORDS = gettext_lazy("delete my account")


class EraseForm(forms.Form):
    """Typed, so that no stray click is enough."""

    confirmation = forms.CharField(
        label=format_lazy(gettext_lazy("Type “{words}” to confirm"), words=WORDS),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_confirmation(self) -> str:
        """Case and spaces around do not matter."""
        typed = str(self.cleaned_data["confirmation"]).strip().lower()
        if typed != str(WORDS).lower():
            raise forms.ValidationError(_("Type “%(words)s” to continue.") % {"words": WORDS})
        return typed


@never_cache
@require_safe
@rate_limited(EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """One JSON file with all that the portal knows of the person."""
    user = current_user(request)
    told = {
        "made at": timezone.now(),
        "left out": _("Secrets: the values of tokens and of session keys"),
        **data_export.export_person(user),
    }
    if request.method == "GET":
        record("person.export", by=user, subject=f"person/{user.handle}")
    headers = {"Content-Disposition": 'attachment; filename="about-me.json"'}
    return JsonResponse(told, encoder=DjangoJSONEncoder, json_dumps_params={"indent": 2}, headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What goes and what remains; with the typed words and a recent sign-in it is done."""
    user, recent = current_user(request), step_up.is_recent(request)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and recent and form.is_valid():
        try:
            retired = erasure.erase(user)
        except erasure.NotYet:
            pass  # the page says what to do first
        else:
            revoke_soon(retired)
            logout(request)
            messages.success(
                request,
                _(
                    "Your account in this portal was deleted. Your accounts at the IAM and at the services still exist: contact them to delete these."
                ),
            )
            return redirect("landing:home")
    obstacles = data_export.erasure_obstacles(user)
    refused = 403 if not recent else 409 if obstacles else 400
    context = {"form": form, "recent": recent, "hindrances": obstacles}
    return render(request, "iam/erase.html", context, status=refused if request.method == "POST" else 200)
