"""What a notebook page shows: the cells of a result, the results that there are, and the same for programs."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from datalake.files import previews
from projects.workflows.launching.yaml_values import as_shown
from projects.workflows.models import NotebookPage, NotebookRendering, Run, SpecificationVersion
from projects.workflows.models.notebook_page import READ_WITHIN
from projects.workflows.notebook_pages.permissions import can_see_rendering
from projects.workflows.notebook_pages.values import address_of
from vre_portal.pages import expires_at

MAX_LISTED = 20


class ShownResult(NamedTuple):
    """A result in the list: its values as text, where it is, and when it was computed."""

    values: str
    url: str
    rendering: NotebookRendering


def rendering_of(request: HttpRequest, page: NotebookPage, digest: str) -> NotebookRendering | None:
    """What there is for these values at the current version, for a reader who may see it."""
    found = with_runs(page.renderings.filter(version=page.specification.current_id, digest=digest)).first()
    if found and found.is_computing and found.run and found.run.ended and found.run.finished_at:
        expires_at(found.run.finished_at + READ_WITHIN)  # then nobody waits for it
    return found if found and can_see_rendering(request.user, found) else None


def results_of(request: HttpRequest, page: NotebookPage) -> list[ShownResult]:
    """The newest results at the current version that the reader may see."""
    rows = page.renderings.filter(version=page.specification.current_id, made_at__isnull=False)
    found = islice((item for item in with_runs(rows).defer("sections") if can_see_rendering(request.user, item)), MAX_LISTED)
    return [ShownResult(_values(item), address_of(page, item.parameters), item) for item in found]


def with_runs(rows: QuerySet[NotebookRendering]) -> QuerySet[NotebookRendering]:
    """With all that `can_see_rendering` asks of each."""
    runs = Run.objects.select_related("project", "by", "result").prefetch_related("origins").defer("text", "code", "steps", "files")
    return rows.prefetch_related(Prefetch("run", runs), Prefetch("made_by", runs))


def _values(rendering: NotebookRendering) -> str:
    return ", ".join(f"{name} = {as_shown(value)}" for name, value in rendering.parameters.items())


def parts_of(page: NotebookPage, rendering: NotebookRendering, *, with_code: bool) -> list[tuple[dict[str, Any], SafeString, str]]:
    """The sections with their HTML, which goes through the sanitiser here each time, and the addresses of their pictures."""
    parts = []
    for number, section in enumerate(_shaped(rendering.sections or [])):
        if section["kind"] == "code" and not with_code:
            continue
        image = picture_address(page, rendering, number) if section.get("has_picture") else ""
        parts.append((section | {"image": image}, previews.html_of(section), image))
    return parts


def _shaped(sections: Iterable[Any]) -> list[dict[str, Any]]:
    """Each with the keys that the template reads."""
    empty: dict[str, Any] = {
        "title": "",
        "kind": "",
        "text": "",
        "note": "",
        "alt": "",
        "cards": [],
        "facts": [],
        "columns": [],
        "rows": [],
    }
    return [empty | section for section in sections if isinstance(section, dict)]


def picture_address(page: NotebookPage, rendering: NotebookRendering, number: int) -> str:
    """Where a picture is; another address after the result was computed again."""
    args = [page.specification.project.slug, page.specification.name, rendering.pk, number]
    return f"{reverse('notebook-pages:picture', args=args)}?run={rendering.made_by_id}"


def lab_address(page: NotebookPage, version: SpecificationVersion | None) -> str:
    """The page that starts a session with the notebook's repository; empty where it comes from none."""
    if version is None or not version.address.startswith(("https://", "http://")):
        return ""
    try:
        address = reverse("notebooks:new", args=[page.specification.project.slug])
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'git': version.address, 'branch': version.ref} if version.ref else {'git': version.address})}"


def cell_of(parameters: dict[str, Any]) -> str:
    """The values as the cell that papermill would write."""
    return "".join(f"{name} = {value!r}\n" for name, value in parameters.items() if name.isidentifier())


def described(page: NotebookPage, rendering: NotebookRendering | None, parameters: dict[str, Any]) -> dict[str, Any]:
    """The page with these values for programs."""
    result = rendering if rendering and rendering.has_result else None
    return {
        "title": str(page),
        "url": address_of(page, parameters),
        "public": page.is_public,
        "commit": page.specification.commit,
        "parameters": parameters,
        "state": _state(rendering) if rendering else None,
        "computed_at": result.made_at.isoformat() if result and result.made_at else None,
        "run": result.made_by.number if result and result.made_by else None,
    }


def _state(rendering: NotebookRendering) -> str:
    return NotebookRendering.State.FAILED if rendering.why_failed else rendering.state
