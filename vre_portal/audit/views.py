"""The record as staff may read it; nobody else learns that the page is there."""

import csv
import json
from collections.abc import Iterator
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.audit import record, veils
from vre_portal.audit.forms import FilterForm
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.iam.sessions import step_up
from vre_portal.tables import cell

PAGE = 50
COLUMNS = ("number", "at", "action", "outcome", "actor", "subject", "facts", "request_id", "previous", "digest")


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponseBase:
    """One page of entries, or all that the filters find as CSV."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        raise Http404
    if not step_up.is_recent_for_staff(request):
        return redirect(step_up.address(request.get_full_path()))
    form = FilterForm(request.GET)
    if not form.is_valid():
        if request.GET.get("format"):
            raise BadRequest(_("A filter value is not valid."))
        return render(request, "audit/entries.html", {"form": form, "rows": []}, status=400)
    found = form.entries()
    if request.GET.get("format") == "csv":
        if request.method == "GET":
            record(
                "audit.export",
                by=user,
                filters={name: str(value) for name, value in form.cleaned_data.items() if value and name != "person"},
            )
        return as_csv(found, user)
    return page(request, form, found, user)


def page(request: HttpRequest, form: FilterForm, found: QuerySet[AuditEntry], reader: User) -> HttpResponse:
    """The newest entries older than `before`: what a page costs does not grow with the record."""
    before = form.cleaned_data["before"]
    rows = list((found.filter(number__lt=before) if before else found)[: PAGE + 1])
    asked = {name: value for name, value in request.GET.items() if value and name in form.fields and name != "before"}
    older = "?" + urlencode({**asked, "before": rows[PAGE - 1].number}) if len(rows) > PAGE else ""
    if request.GET.get("format") == "json":
        following = f"{request.path}{older}&format=json" if older else None
        return JsonResponse({"items": [values(row, reader) for row in rows[:PAGE]], "next": following})
    context = {
        "form": form,
        "rows": named(rows[:PAGE], reader),
        "next_url": older,
        "filtered": bool(asked),
        "csv_url": "?" + urlencode({**asked, "format": "csv"}),
    }
    return render(request, "audit/entries.html", context)


def named(rows: list[AuditEntry], reader: User) -> list[tuple[AuditEntry, User | None]]:
    """The entries with those who acted, as far as they are still known, and with the facts that the reader may know."""
    for row in rows:
        row.facts = veils.shown(reader, row.facts)
    people = User.objects.in_bulk([row.actor for row in rows if row.actor], field_name="handle")
    return [(row, people.get(row.actor) if row.actor else None) for row in rows]


def values(row: AuditEntry, reader: User) -> dict[str, object]:
    """The columns of an entry, with the facts that the reader may know."""
    return {name: getattr(row, name) for name in COLUMNS} | {"facts": veils.shown(reader, row.facts)}


def as_csv(found: QuerySet[AuditEntry], reader: User) -> StreamingHttpResponse:
    """All that was found, row by row; no cell can be taken for a formula by a spreadsheet."""

    def lines() -> Iterator[str]:
        writer = csv.writer(Line())
        yield writer.writerow(COLUMNS)
        for row in found.iterator(chunk_size=2000):
            yield writer.writerow([harmless(value) for value in values(row, reader).values()])

    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


class Line:
    """A file for the csv module that hands each line back."""

    def write(self, text: str) -> str:
        return text


def harmless(value: object) -> object:
    """One cell as text on one line, which no spreadsheet takes for a formula."""
    text = json.dumps(value, sort_keys=True) if isinstance(value, dict) else "" if value is None else str(value)
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return cell(shown)
