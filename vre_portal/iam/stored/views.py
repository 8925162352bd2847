"""Storing a token of a service, seeing that there is one, and deleting it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from vre_portal.iam.current_user import current_user
from vre_portal.iam.oidc.tokens import is_jwt
from vre_portal.iam.stored import services as stored
from vre_portal.iam.stored.models import StoredToken
from vre_portal.tables import listing

LONGEST = 4096


class TokenForm(forms.Form):
    """Which service, and the token as it is shown there."""

    service = forms.ChoiceField(label=gettext_lazy("Service"))
    token = forms.CharField(label=gettext_lazy("Token"), max_length=LONGEST, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        field = self.fields["service"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- for the type checker
        field.choices = [(stored.key_of(item), item.title) for item in stored.wanted()]

    def clean_token(self) -> str:
        """As it goes into an address: one word."""
        token = str(self.cleaned_data["token"])
        if not token.isascii() or not token.isprintable() or " " in token:
            raise forms.ValidationError(_("The token contains spaces or characters that are not allowed. Copy it again."))
        if is_jwt(token):
            raise forms.ValidationError(_("This is a sign-in token of an IAM. Copy the token that the service itself shows you."))
        return token


@sensitive_post_parameters("token")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The services that take a stored token, and the form to store one; values never come back."""
    user, form = current_user(request), TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        service = next(item for item in stored.wanted() if stored.key_of(item) == form.cleaned_data["service"])
        stored.store(by=user, service=service, secret=form.cleaned_data["token"])
        messages.success(request, _("Your token for %(service)s is stored. It is never shown again.") % {"service": service.title})
        return redirect("stored:tokens")
    titles = {stored.key_of(item): item.title for item in stored.wanted()}
    rows = [(row, titles.get(row.service, row.service)) for row in StoredToken.objects.filter(user=user).order_by("service")]
    told = [{"service": row.service, "title": title, "stored_at": row.stored_at} for row, title in rows]
    if request.method != "POST" and (made := listing(request, told, following=None, filename="my-services")):
        return made
    context = {"form": form, "rows": rows, "services": stored.wanted()}
    return render(request, "stored/tokens.html", context, status=400 if request.method == "POST" else 200)


@never_cache
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Delete one."""
    if stored.delete(by=current_user(request), service=request.POST.get("service", "")[:120]):
        messages.success(request, _("The token was deleted here. If others may have seen it, also revoke it at the service."))
    return redirect("stored:tokens")
