"""What was typed into a form that is no longer there, to be read and copied."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.iam.sign_in import person
from vre_portal.kept.models import LIFE, Kept


@never_cache
@require_safe
def words(request: HttpRequest, key: UUID) -> HttpResponse:
    """The fields by name, for the person who filled them in."""
    kept = Kept.objects.of(person(request), str(key))
    if kept is None:
        raise Http404("Nothing is kept here for you.")
    fields = [(name, "\n".join(values)) for name, values in kept.open().items()]
    return render(request, "kept/words.html", {"kept": kept, "fields": fields, "back": above(kept.path), "ends": kept.kept_at + LIFE})


def above(path: str) -> str:
    """The nearest page above an address."""
    while path.strip("/"):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return "/"
