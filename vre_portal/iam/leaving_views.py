"""Taking one's data along, and having oneself erased."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.audit import record
from vre_portal.iam import erasing, personal, step_up
from vre_portal.iam.sign_in import person
from vre_portal.iam.tasks import revoke_soon

WORDS = "erase me"


class EraseForm(forms.Form):
    """Typed, so that no stray click is enough."""

    confirmation = forms.CharField(
        label=f"Type “{WORDS}”", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})
    )

    def clean_confirmation(self) -> str:
        """Case and spaces around do not matter."""
        typed = str(self.cleaned_data["confirmation"]).strip().lower()
        if typed != WORDS:
            raise forms.ValidationError(f"Type the words {WORDS} to go on.")
        return typed


@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """One JSON file with all that the portal knows of the person."""
    user = person(request)
    told = {"made at": timezone.now(), "left out": "secrets: the values of tokens and of session keys", **personal.everything(user)}
    if request.method == "GET":
        record("person.export", by=user, subject=f"person/{user.handle}")
    headers = {"Content-Disposition": 'attachment; filename="about-me.json"'}
    return JsonResponse(told, encoder=DjangoJSONEncoder, json_dumps_params={"indent": 2}, headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What goes and what remains; with the typed words and a recent sign-in it is done."""
    user, recent = person(request), step_up.is_recent(request)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and recent and form.is_valid():
        try:
            retired = erasing.erase(user)
        except erasing.NotYet:
            pass  # the page says what to do first
        else:
            revoke_soon(retired)
            logout(request)
            messages.success(request, "You are erased here. The IAM and the services know you by their own rules: ask them.")
            return redirect("projects:landing")
    hindrances = personal.hindrances(user)
    refused = 403 if not recent else 409 if hindrances else 400
    context = {"form": form, "recent": recent, "hindrances": hindrances}
    return render(request, "iam/erase.html", context, status=refused if request.method == "POST" else 200)
