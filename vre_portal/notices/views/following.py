"""Following a thing from its page, and the list of what a person follows."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited
from vre_portal.notices import following, topics
from vre_portal.notices.following import FollowedThing
from vre_portal.notices.models import Follow
from vre_portal.tables import Row, listing, page_size
from vre_portal.text import number_of, plain
from vre_portal.things import ThingPage

PAGE, UNDO_SECONDS = 100, 600
UNDO = "follow_undo"  # in the session, what was unfollowed last, until a page has offered to undo it
SALT = "notices.unfollowed"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def follow(request: HttpRequest) -> HttpResponse:
    """Follow or unfollow a thing that the person may see; by GET the page that asks."""
    user = current_user(request)
    topic = (request.POST if request.method == "POST" else request.GET).get("topic", "")
    page = topics.page_of(user, topic)
    if page is None:
        raise Http404(_("Page not found."))
    if request.method != "POST":
        return render(request, "notices/follow.html", {"page": page, **button(topic, page, user)})
    if request.POST.get("on") == "1":
        try:
            following.follow(topic, by=user)
        except following.TooManyFollowed:
            text = _("You follow %(limit)s things, which is the limit. Unfollow one first.") % {"limit": following.MAX_FOLLOWED}
            messages.error(request, text)
            return redirect_by_htmx(request, reverse("notices:following"))
    else:
        following.unfollow(topic, by=user)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "notices/follow_button.html", button(topic, page, user))
    text = _("You now follow “%(title)s”.") if request.POST.get("on") == "1" else _("You no longer follow “%(title)s”.")
    messages.success(request, text % {"title": page.title})
    return redirect(page.url)


def button(topic: str, page: ThingPage, user: User) -> dict[str, Any]:
    """What the button shows."""
    return {"topic": topic, "title": page.title, "is_on": following.is_followed(topic, user)}


def redirect_by_htmx(request: HttpRequest, url: str) -> HttpResponse:
    """Another page, also where only a part of the page was asked for."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(url)
    response = HttpResponse()
    response["HX-Redirect"] = url
    return response


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All that the person follows, the newest first; of what they may no longer see only the kind."""
    user, before = current_user(request), number_of(request.GET.get("before", ""))
    size = page_size(request, PAGE)
    follows = Follow.objects.filter(user=user, **({"pk__lt": before} if before else {})).order_by("-pk")
    found = list(follows[: size + 1])
    things = following.things(user, found[:size])
    next_url = f"?{urlencode({'before': found[size - 1].pk})}" if len(found) > size else None
    if made := listing(request, [row_of(thing) for thing in things], following=next_url, filename="following"):
        return made
    undo_note = request.session.pop(UNDO, None) if UNDO in request.session else None
    context = {"things": things, "next_url": next_url, "undo": undo_note, "before": before, "previous_url": request.path if before else ""}
    return render(request, "notices/following.html", context)


def row_of(thing: FollowedThing) -> Row:
    """A followed thing for programs."""
    page = thing.page
    return {
        "id": thing.follow.pk, "kind": thing.kind.name if thing.kind else None, "title": plain(page.title) if page else None,
        "url": page.url if page else None, "since": thing.follow.created_at,
    }  # fmt: skip


@require_POST
@rate_limited(ACT)
def unfollow(request: HttpRequest, pk: int) -> HttpResponse:
    """Follow a thing of the list no longer, whether it can be seen or not; the list offers to undo it."""
    user = current_user(request)
    found = Follow.objects.filter(user=user, pk=pk).first()
    if found is None:
        messages.info(request, _("You no longer follow this; it was changed in another window."))
        return redirect("notices:following")
    page = topics.page_of(user, found.topic)
    following.unfollow(found.topic, by=user)
    text = _("You no longer follow “%(title)s”.") % {"title": page.title} if page else _("You no longer follow this.")
    request.session[UNDO] = {"text": text, "signed": signing.dumps([user.pk, found.topic], salt=SALT)}
    return redirect("notices:following")


@require_POST
@rate_limited(ACT)
def follow_again(request: HttpRequest) -> HttpResponse:
    """Undo an `unfollow` of the last minutes, also of what the person may no longer see."""
    user = current_user(request)
    try:
        person, topic = signing.loads(request.POST.get("signed", ""), salt=SALT, max_age=UNDO_SECONDS)
        if person != user.pk:
            raise signing.BadSignature
        following.follow(topic, by=user)
    except (signing.BadSignature, following.TooManyFollowed):
        messages.info(request, _("This can no longer be undone."))
        return redirect("notices:following")
    messages.success(request, _("You follow it again."))
    return redirect("notices:following")
