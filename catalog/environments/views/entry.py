"""The page of one environment, its versions, tests and uses."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import OuterRef
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from catalog.environments import services, storing
from catalog.environments.linked_data import head_of
from catalog.environments.models import Environment, EnvironmentVersion, Package, PackageList
from catalog.environments.models.packages import key_of
from catalog.environments.permissions import can_edit
from catalog.environments.profiles import hubs_of
from catalog.environments.verdicts import Verdict, verdicts
from catalog.environments.versions import differences
from catalog.environments.views.described import as_dict, test_as_dict, version_as_dict
from vre_portal import usage
from vre_portal.iam.models import User
from vre_portal.limits import READING, SEARCH, RateLimit, rate_limited
from vre_portal.pages import public_page
from vre_portal.recent import services as recent
from vre_portal.services import ServiceKind
from vre_portal.services import services as service_list
from vre_portal.tables import listing, page_size
from vre_portal.text import number_of

PACKAGES, VERSIONS, TESTS, COMPARED, MAX_IMAGES = 100, 25, 10, 500, 50
READ = RateLimit("search", READING)  # what is read anew for each request


def environment_for(key: str, **more: Any) -> Environment:
    """The environment, annotated with `more`; raises Http404."""
    found = Environment.objects.shown().filter(slug=key).annotate(**more).first()
    if found is None:
        raise Http404(_("Environment not found in the catalogue."))
    return found


def packages_of(version: EnvironmentVersion | None) -> list[dict[str, Any]]:
    """All packages of a version, as data."""
    if version is None or version.packages is None:
        return []
    return [dict(row) for row in version.packages.packages.values("name", "version", "source")]


@require_GET
@login_not_required
@public_page("environments", "people")
@rate_limited(SEARCH)
def entry(request: HttpRequest, environment: str) -> HttpResponse:
    """One environment: image, contents, tests, uses."""
    found = environment_for(environment)
    is_editor = can_edit(request.user, found)
    tested = verdicts([found]).get(found.pk, Verdict())
    hubs = list(hubs_of(found, service_list(ServiceKind.JUPYTERHUB)))
    if request.GET.get("format") == "json":
        body = as_dict(request, found) | {"package_list": packages_of(found.current)}
        entered = list_version(found)
        body |= {"sessions": [{"hub": hub.name, "title": hub.title, "isolated": hub.options.get("isolated")} for hub in hubs]}
        body |= {"packages_of_other_image": entered.number if entered else None}
        tests = {"last_passed_test": tested.passed, "failed_test_since": tested.failed_since}
        return JsonResponse(body | {name: test_as_dict(test, for_editor=is_editor) if test else None for name, test in tests.items()})
    if isinstance(request.user, User) and request.method == "GET":
        recent.note(request.user, kind="environment", service="", identifier=environment, title=found.name, url=found.get_absolute_url())
    context: dict[str, Any] = {
        "environment": found,
        "version": found.current,
        "head": head_of(found),
        "session_hubs": hubs,
    }
    context |= packages_context(request, found) | tests_context(request, found, tested)
    return render(request, "environments/entry.html", context)


def packages_context(request: HttpRequest, found: Environment) -> dict[str, Any]:
    """A page of the packages, narrowed by a part of their name."""
    packages = found.current.packages if found.current else None
    if packages is None:
        return {"packages": None}
    words = request.GET.get("filter", "").strip()[:100]
    rows = Package.objects.filter(list=packages)
    if words:
        rows = rows.filter(key__contains=key_of(words))
    page = Paginator(rows, PACKAGES).get_page(request.GET.get("page"))
    previous = page.previous_page_number() if page.has_previous() else 0
    following = page.next_page_number() if page.has_next() else 0
    context = {"packages": packages, "package_page": page, "filter": words, "list_version": list_version(found)}
    return context | {"package_previous": _page_url(words, previous), "package_next": _page_url(words, following)}


def list_version(found: Environment) -> EnvironmentVersion | None:
    """The version for which the packages were entered, if that was another image."""
    return storing.version_of_list(found.current) if found.current else None


def _page_url(words: str, number: int) -> str:
    """The address of a page of the packages; empty for none."""
    query = {"filter": words, "page": number} if words else {"page": number}
    return f"?{urlencode(query)}#packages" if number else ""


def tests_context(request: HttpRequest, found: Environment, tested: Verdict) -> dict[str, Any]:
    """The last tests, what they say of the current version, whether one is under way, and why an editor cannot start one."""
    rows = list(found.tests.select_related("version", "by")[:TESTS])
    context: dict[str, Any] = {"tests": rows, "tested": tested, "can_edit": can_edit(request.user, found)}
    context["is_tested_now"] = any(test.state == test.State.RUNNING for test in rows)
    if context["can_edit"] and isinstance(request.user, User):
        context |= {"test_place": services.test_place(), "why_not_testable": services.why_not_testable(request.user, found)}
    return context


@require_GET
@login_not_required
@rate_limited(READ)
def tests(request: HttpRequest, environment: str) -> HttpResponse:
    """The last tests, for a page that waits for one to end; also as JSON and CSV."""
    found = environment_for(environment)
    context = tests_context(request, found, verdicts([found]).get(found.pk, Verdict()))
    rows = [test_as_dict(test, for_editor=context["can_edit"]) for test in context["tests"]]
    document = listing(request, rows, following=None, filename=f"{environment}-tests")
    template = "environments/tests.html" if request.htmx else "environments/tests_page.html"  # type: ignore[attr-defined]
    return document or render(request, template, {"environment": found, **context})


@require_GET
@login_not_required
@rate_limited(READ)
def uses(request: HttpRequest, environment: str) -> HttpResponse:
    """The projects, workflows, runs and software that use it, as the reader may see them."""
    versions = EnvironmentVersion.objects.filter(environment=OuterRef("pk")).order_by("-number")
    found = environment_for(environment, all_images=ArraySubquery(versions.values("image")))
    images = list(dict.fromkeys(found.__dict__["all_images"]))[:MAX_IMAGES]
    thing = usage.Thing("environment", "", images[0] if images else "", tuple(images[1:]))
    result = usage.uses(request.user, thing)
    if (document := usage.json_of(request, result, f"{environment}-uses")) is not None:
        return document
    context = {"environment": found, "uses": result, "all_url": request.path, "joint": "?"}
    return render(request, "environments/uses.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]


@require_GET
@login_not_required
@public_page("environments", "people")
@rate_limited(SEARCH)
def versions(request: HttpRequest, environment: str) -> HttpResponse:
    """The history, and how the packages of two versions differ."""
    found = environment_for(environment)
    rows = found.versions.select_related("packages", "by")
    page = Paginator(rows, page_size(request, VERSIONS)).get_page(request.GET.get("page"))
    following = f"?page={page.next_page_number()}" if page.has_next() else None
    if document := listing(request, [version_as_dict(row) for row in page], following=following, filename=f"{environment}-versions"):
        return document
    context: dict[str, Any] = {"environment": found, "page": page, "next_url": following}
    if after := version_numbered(found, request.GET.get("to", "")):
        before = version_numbered(found, request.GET.get("from", "")) or version_before(found, after)
        changes = package_changes(before, after)
        context |= {"before": before, "after": after, "changes": changes[:COMPARED], "left_out": max(0, len(changes) - COMPARED)}
    return render(request, "environments/versions.html", context)


def version_numbered(found: Environment, text: str) -> EnvironmentVersion | None:
    """The version of that number; None where none is asked for. Raises Http404 where there is none."""
    if not text:
        return None
    row = found.versions.select_related("packages").filter(number=number_of(text) or 0).first()
    if row is None:
        raise Http404(_("This environment has no such version."))
    return row


def version_before(found: Environment, version: EnvironmentVersion) -> EnvironmentVersion | None:
    """The one before it; None for the first."""
    return found.versions.select_related("packages").filter(number__lt=version.number).first()


def package_changes(before: EnvironmentVersion | None, after: EnvironmentVersion) -> list[Any]:
    """How the packages differ; nothing where both have the same list, which is not read then, or where one has none."""
    old, new = (version.packages if version else None for version in (before, after))
    return [] if old == new or old is None or new is None else list(differences(_rows(old), _rows(new)))


def _rows(packages: PackageList | None) -> list[Package]:
    return list(packages.packages.all()) if packages else []
