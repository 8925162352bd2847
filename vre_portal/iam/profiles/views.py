"""The directory of people, the page of one of them, and one's own profile."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.iam.profiles import services
from vre_portal.iam.profiles.forms import ProfileForm
from vre_portal.iam.profiles.models import FIELDS, Profile
from vre_portal.iam.profiles.related import related_links
from vre_portal.limits import ACT, SEARCH, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing, page_size
from vre_portal.text import plain

PAGE = 50


@require_safe
@login_not_required
@public_page("profiles")
@rate_limited(SEARCH)
def directory(request: HttpRequest) -> HttpResponse:
    """People who chose to be shown, by words if asked."""
    query = " ".join(request.GET.get("q", "").split())[:200]
    size = page_size(request, PAGE)
    visible = Profile.objects.visible_to(request.user)
    profiles = visible.matching(query).page(after=request.GET.get("after", ""), size=size + 1)
    following = None
    if len(profiles) > size:
        profiles = profiles[:size]
        following = "?" + urlencode({"after": profiles[-1].key} | ({"q": query} if query else {}))
    if made := listing(request, [row_of(item) for item in profiles], following=following, filename="people"):
        return made
    mine = services.profile_of(request.user) if isinstance(request.user, User) else None
    context: dict[str, Any] = {"profiles": profiles, "query": query, "next_url": following, "mine": mine}
    context["filters"] = [(_("Expertise"), visible.common("expertise")), (_("Languages"), visible.common("languages"))]
    return render(request, "profiles/directory.html", context)


def row_of(profile: Profile) -> dict[str, Any]:
    """A person as a row of a table, with nothing that the page does not show."""
    return {
        "name": plain(profile.user),
        "orcid": profile.shown_orcid,
        "institute": plain(profile.institute),
        "expertise": [plain(word) for word in profile.expertise],
        "languages": [plain(word) for word in profile.languages],
        "offers": plain(profile.offers),
        "asks": plain(profile.asks),
        "page": profile.get_absolute_url(),
    }


@require_safe
@login_not_required
@public_page("profiles", "people", "projects")
def person(request: HttpRequest, key: str) -> HttpResponse:
    """One person, and what they take part in that the reader may see."""
    shown = Profile.objects.visible_to(request.user).select_related("user").filter(key=key).first()
    if shown is None:
        raise Http404(_("Person not found."))
    links = related_links(request.user, shown.user)
    if request.GET.get("format") == "json":
        return JsonResponse({**row_of(shown), "projects": [{"title": link.title, "page": link.url} for link in links]})
    return render(request, "profiles/person.html", {"profile": shown, "links": links, "is_own": request.user == shown.user})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def edit(request: HttpRequest) -> HttpResponse:
    """One's own profile."""
    user = current_user(request)
    profile = services.profile_of(user)
    if request.method != "POST":
        return show(request, profile, ProfileForm.of(profile))
    form = ProfileForm(request.POST)
    form.leave_out_verified(profile)
    if not form.is_valid():
        return show(request, profile, form, 400)
    try:
        changed = services.save(by=user, seen=form.cleaned_data["version"], values=form.values(profile))
    except services.ProfileConflict as conflict:
        return show(request, conflict.profile, over(form, conflict.profile), 409, theirs=differences(form, conflict.profile))
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("profiles:edit")


def over(form: ProfileForm, profile: Profile) -> ProfileForm:
    """The form filled in again, with the version that is stored now."""
    again = ProfileForm({**form.data.dict(), "version": profile.version})  # type: ignore[attr-defined] # of a request, it is a QueryDict
    again.leave_out_verified(profile)
    return again


def differences(form: ProfileForm, profile: Profile) -> list[tuple[str, str]]:
    """The fields that are stored otherwise than they were typed, as they are stored."""
    typed = form.values(profile)
    different = [(name, getattr(profile, name)) for name in FIELDS if getattr(profile, name) != typed[name]]
    return [
        (
            str(form[name].label),
            "\n".join(value) if isinstance(value, list) else profile.get_audience_display() if name == "audience" else value,
        )
        for name, value in different
    ]


def show(request: HttpRequest, profile: Profile, form: ProfileForm, status: int = 200, **more: Any) -> HttpResponse:
    """The form, with the state of the profile."""
    return render(request, "profiles/edit.html", {"profile": profile, "form": form, **more}, status=status)
