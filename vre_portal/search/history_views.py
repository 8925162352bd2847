"""Saving, deleting and forgetting one's own searches."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vre_portal.iam.current_user import current_user
from vre_portal.search import history
from vre_portal.search.facets import address
from vre_portal.search.forms import StoredSearchForm
from vre_portal.search.history import MAX_SAVED, TooManySaved


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
    messages.success(request, _("Search saved as “%(name)s”.") % {"name": name})
    return redirect(reverse("search:index") + address(text, exact="no"))


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a saved search."""
    history.delete(pk, by=current_user(request))
    messages.success(request, _("Saved search deleted."))
    return redirect("search:index")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Forget the recent searches."""
    history.forget(by=current_user(request))
    messages.success(request, _("Recent searches cleared."))
    return redirect("search:index")
