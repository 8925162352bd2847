"""Saving, deleting and forgetting one's own searches."""

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vre_portal.iam.current_user import current_user
from vre_portal.search import history
from vre_portal.search.facets import address
from vre_portal.search.forms import NameForm, StoredSearchForm
from vre_portal.search.history import MAX_SAVED, NameTaken, TooManySaved

UNDO, UNDO_SECONDS = "saved_search_undo", 600


@require_POST
def store(request: HttpRequest) -> HttpResponse:
    """Save a search under a name; again with the same name replaces it."""
    form = StoredSearchForm(request.POST)
    if not form.is_valid():
        return render(request, "search/store.html", {"form": form}, status=400)
    name, text = form.cleaned_data["name"], form.cleaned_data["query"]
    try:
        history.save(name, text, by=current_user(request))
    except TooManySaved:
        form.add_error(None, _("You have %(limit)s saved searches, which is the limit. Delete one first.") % {"limit": MAX_SAVED})
        return render(request, "search/store.html", {"form": form}, status=409)
    request.session.pop(UNDO, None)
    messages.success(request, _("Search saved as “%(name)s”.") % {"name": name})
    return redirect(reverse("search:index") + address(text, exact="no"))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a saved search; for ten minutes the page of the search offers to save it again."""
    item = history.delete(pk, by=current_user(request))
    if item is not None:
        request.session[UNDO] = {"name": item.name, "query": item.query, "at": time.time()}
    return redirect("search:index")


def deleted_last(request: HttpRequest) -> dict[str, str] | None:
    """The name and text of the saved search that was deleted a moment ago."""
    note = request.session.get(UNDO)
    return note if isinstance(note, dict) and time.time() - note["at"] <= UNDO_SECONDS else None


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a saved search another name."""
    form = NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The search was not renamed. Enter a name of at most 100 visible characters."))
        return redirect("search:index")
    name = form.cleaned_data["name"]
    try:
        if history.rename(pk, name, by=current_user(request)):
            messages.success(request, _("Search renamed to “%(name)s”.") % {"name": name})
        else:
            messages.error(request, _("This saved search was deleted in another window."))
    except NameTaken:
        messages.error(request, _("You already have a saved search “%(name)s”. Choose another name.") % {"name": name})
    return redirect("search:index")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Forget the recent searches."""
    history.forget(by=current_user(request))
    messages.success(request, _("Recent searches cleared."))
    return redirect("search:index")
