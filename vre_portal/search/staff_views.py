"""The state of the index, for staff: what waits, what failed and why, and when everything was last compared."""

from collections.abc import Iterator

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions import step_up
from vre_portal.search import tasks
from vre_portal.search.models import IndexChange, IndexProblem, SearchDocument, SourceComparison
from vre_portal.staff_overview import StaffFigure

MAX_SHOWN = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def state(request: HttpRequest) -> HttpResponse:
    """The page, and by POST a new comparison of everything; for others than staff there is no such page."""
    if not current_user(request).is_staff:
        raise Http404
    if not step_up.is_recent_for_staff(request):
        return redirect(step_up.address(reverse("search:state")))
    if request.method == "POST":
        tasks.compare.delay()
        return redirect("search:state")
    counts = SearchDocument.objects.values("kind").annotate(documents=Count("pk")).order_by("kind")
    context = {
        "counts": list(counts),
        "waiting": IndexChange.objects.count(),
        "comparisons": list(SourceComparison.objects.all()),
        "problems": list(IndexProblem.objects.all()[:MAX_SHOWN]),
        "problem_count": IndexProblem.objects.count(),
    }
    return render(request, "search/state.html", context)


def problems() -> Iterator[StaffFigure]:
    """For the dashboard of staff: documents, and whole sources, that cannot be indexed."""
    yield StaffFigure(_("Search indexing problems"), IndexProblem.objects.count(), reverse("search:state"))
