"""What was typed into a form that is no longer there, to be read and copied."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.form_drafts.models import LIFETIME, FormDraft
from vre_portal.iam.current_user import current_user


@never_cache
@require_safe
def words(request: HttpRequest, key: UUID) -> HttpResponse:
    """The fields by name, for the person who filled them in."""
    draft = FormDraft.objects.find(current_user(request), str(key))
    if draft is None:
        raise Http404(_("No saved form text was found."))
    fields = [(name, "\n".join(values)) for name, values in draft.fields().items()]
    return render(
        request, "kept/words.html", {"kept": draft, "fields": fields, "back": above(draft.path), "ends": draft.kept_at + LIFETIME}
    )


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
