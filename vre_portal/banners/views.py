"""The pages on which staff write banners."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal.banners import services
from vre_portal.banners.forms import BannerForm
from vre_portal.banners.models import Banner
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.tables import listing, page_size
from vre_portal.text import number_of

PAGE = 50


@never_cache
@require_safe
@staff_page
def index(request: HttpRequest) -> HttpResponse:
    """The banners that are shown or planned, and the past ones, the last first; also as JSON and CSV."""
    size, before = page_size(request, PAGE), number_of(request.GET.get("before", ""))
    past = Banner.objects.past().select_related("created_by")
    if before:
        past = past.filter(pk__lt=before)
    rows = list(past[: size + 1])
    following = f"?before={rows[size - 1].pk}" if len(rows) > size else None
    unended = sorted(Banner.objects.unended().select_related("created_by"), key=lambda item: item.rank) if not before else []
    document = listing(
        request,
        [described(banner) for banner in (*unended, *rows[:size])],
        following=following,
        filename="banners",
    )
    context = {
        "present": [banner for banner in unended if banner.state == "present"],
        "planned": sorted((banner for banner in unended if banner.state == "planned"), key=lambda banner: banner.starts_at),
        "past": rows[:size],
        "next_url": following,
        "first_page": not before,
    }
    return document or render(request, "banners/index.html", context)


def described(banner: Banner) -> dict[str, Any]:
    """A banner as data."""
    names = ("text", "link", "severity", "audience", "group", "starts_at", "ends_at", "state", "version")
    return {"id": banner.pk, **{name: getattr(banner, name) for name in names}, "created_by": str(banner.created_by or "")}


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new(request: HttpRequest) -> HttpResponse:
    """A new banner, empty or as the copy of another one."""
    if request.method != "POST":
        number = number_of(request.GET.get("copy", ""))
        source = get_object_or_404(Banner, pk=number) if number else None
        return show(request, BannerForm.of(source, is_copy=True))
    form = BannerForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=400)
    if request.POST.get("do") == "preview":
        return show(request, form, preview=preview_of(form))
    banner = services.create(by=current_user(request), key=form.cleaned_data["key"], values=form.values)
    messages.success(request, _("Saved. The banner is shown now.") if banner.state == "present" else _("Saved."))
    return redirect("banners:index")


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a banner that is shown or planned."""
    banner = get_object_or_404(Banner, pk=pk)
    if request.method != "POST":
        return show(request, BannerForm.of(banner), banner=banner)
    form = BannerForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=400, banner=banner)
    if request.POST.get("do") == "preview":
        return show(request, form, banner=banner, preview=preview_of(form))
    try:
        changed = services.change(by=current_user(request), banner=banner, seen=form.cleaned_data["seen"], values=form.values)
    except services.ChangedMeanwhile as conflict:
        again = BannerForm({**request.POST.dict(), "seen": conflict.banner.version})
        return show(request, again, status=409, banner=banner, theirs=[conflict.banner])
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("banners:index")


def preview_of(form: BannerForm) -> Banner:
    """The banner as it would be shown; not saved."""
    return Banner(**form.values.__dict__)


def show(request: HttpRequest, form: BannerForm, *, status: int = 200, **context: Any) -> HttpResponse:
    """The editor."""
    return render(request, "banners/edit.html", {"form": form, **context}, status=status)


@rate_limited(ACT)
@require_POST
@staff_page
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a banner no longer."""
    if not Banner.objects.filter(pk=pk).exists():
        raise Http404(_("There is no such banner."))
    if services.end(by=current_user(request), pk=pk):
        messages.success(request, _("The banner is no longer shown."))
    else:
        messages.info(request, _("The banner had ended already."))
    return redirect("banners:index")
