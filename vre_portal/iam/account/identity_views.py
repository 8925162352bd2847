"""A person's identities: list, link and unlink."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vre_portal.iam import linking
from vre_portal.iam.current_user import current_user
from vre_portal.iam.groups import union
from vre_portal.iam.models import Identity, User
from vre_portal.iam.sessions import step_up
from vre_portal.iam.sign_in.adapter import SocialAdapter
from vre_portal.services import Service, ServiceKind, services
from vre_portal.tables import listing


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def identities(request: HttpRequest) -> HttpResponse:
    """All identities of the person; a POST goes to an IAM to link another, or unlinks one."""
    user = current_user(request)
    if request.method == "POST":
        return change(request, user)
    found = list(Identity.objects.filter(user=user))
    if made := listing(request, [as_json(item, user) for item in found], following=None, filename="my-identities"):
        return made
    context = {"rows": union.parts(user), "others": linkable(found), "at_services": union.at_services(user)}
    return render(request, "iam/identities.html", context)


def linkable(found: list[Identity]) -> list[Service]:
    """The IAMs at which the person has no identity yet."""
    taken = {item.issuer for item in found}
    return [iam for iam in services(ServiceKind.IAM) if iam.url not in taken]


def change(request: HttpRequest, user: User) -> HttpResponse:
    """Needs a recent sign-in: a session left open on a desk must not open the account for ever."""
    if not step_up.is_recent(request):
        return redirect(step_up.address(request.path))
    if wanted := request.POST.get("unlink"):
        return unlink(request, user, wanted)
    if any(iam.name == request.POST.get("iam") for iam in linkable(list(Identity.objects.filter(user=user)))):
        provider = SocialAdapter(request).get_provider(request, request.POST["iam"])
        return provider.again(request, "connect", request.path, by=str(user.handle))
    return redirect("iam:identities")


def unlink(request: HttpRequest, user: User, handle: str) -> HttpResponse:
    identity = next((item for item in Identity.objects.filter(user=user) if str(item.handle) == handle), None)
    if identity is None:
        raise Http404
    try:
        linking.unlink(user, identity)
        messages.success(request, _("The identity was unlinked. Signing in with it now opens a separate account."))
    except linking.CannotLink as why:
        messages.error(request, str(why))
    return redirect("iam:identities")


def as_json(item: Identity, user: User) -> dict[str, object]:
    return {
        "handle": item.handle,
        "issuer": item.issuer,
        "subject": item.subject,
        "name": item.name,
        "linked_at": item.linked_at,
        "used_at": item.used_at,
        "groups": item.groups,
        "groups_seen_at": item.groups_seen_at,
        "groups_left_out": item.groups_left_out,
        "in_use": item.issuer == user.issuer,
    }
