"""Writing, publishing, deleting and restoring news: of the portal by staff, of a project by those who may edit it."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import Project
from projects.news import services
from projects.news.forms import NewsForm
from projects.news.models import NewsItem
from projects.news.views import UNDO
from projects.permissions import Permission, project_for
from vre_portal import markdown
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited

LABELS = ("title", "text", "publish_at", "until", "picture_description")


def edited_item(request: HttpRequest, project: Project | None, pk: int) -> NewsItem:
    """The item whose form is opened or sent; one that was deleted after it was opened keeps what was typed. Raises Http404."""
    if request.method == "POST" and (item := NewsItem.objects.filter(pk=pk, project=project).select_related("project").first()):
        return item
    return item_of(project, pk)


def item_of(project: Project | None, pk: int, *, is_deleted: bool = False) -> NewsItem:
    """An item of this place; raises Http404."""
    item = NewsItem.objects.filter(pk=pk, project=project, deleted_at__isnull=not is_deleted).select_related("project").first()
    if item is None:
        raise Http404(_("This news item does not exist."))
    return item


def write(request: HttpRequest, project: Project | None, item: NewsItem | None) -> HttpResponse:
    """The form of a new or an existing item: look at it, preview it, save it as a draft, publish it."""
    if request.method != "POST":
        return show(request, project, item, NewsForm.of(item))
    publishes = request.POST.get("do") == "publish"
    form = NewsForm(request.POST, request.FILES, item=item, publishes=publishes)
    if not form.is_valid():
        return show(request, project, item, form, 400)
    if request.POST.get("do") == "preview":
        return show(request, project, item, form, preview=markdown.render(form.cleaned_data["text"], level=3))
    try:
        saved = store(request, project, item, form)
    except services.KeyTaken:
        form.add_error(None, _("This form was used already. Copy your text, then open a new form."))
        return show(request, project, item, form, 409)
    except services.ChangedMeanwhile as conflict:
        return show(request, project, conflict.item, over(form, conflict.item), 409, theirs=differences(form, conflict.item))
    messages.success(request, saved_message(saved))
    return redirect(saved if publishes else saved.edit_url)


def store(request: HttpRequest, project: Project | None, item: NewsItem | None, form: NewsForm) -> NewsItem:
    """What the form says, stored; raises ChangedMeanwhile or KeyTaken."""
    by, values, facts = current_user(request), form.cleaned_data, form.facts()
    if item is None:
        return services.create(by=by, project=project, key=values["key"], facts=facts, picture=values["picture"])
    drops = bool(values.get("remove_picture"))
    return services.edit(by=by, item=item, seen=values["version"], facts=facts, picture=values["picture"], drops_picture=drops)


def saved_message(item: NewsItem) -> str:
    """The message after saving, by the state of the item."""
    return {
        "draft": _("Draft saved. Only those who write news here see it."),
        "scheduled": _("Published. It is shown from the time that you entered."),
        "expired": _("Published, but its last day has passed: it is not shown any more."),
    }.get(item.state, _("Published."))


def over(form: NewsForm, item: NewsItem) -> NewsForm:
    """The form filled in again, to be saved over the item as it is now."""
    data = {**form.data.dict(), "version": item.version, "key": str(item.key)}  # type: ignore[attr-defined] # of a request, it is a QueryDict
    return NewsForm(data, item=item)


def differences(form: NewsForm, item: NewsItem) -> list[tuple[str, Any]]:
    """What is stored now where it is not what was typed: label and value."""
    found: list[tuple[str, Any]] = [
        (str(form.fields[name].label), getattr(item, name)) for name in LABELS if getattr(item, name) != form.cleaned_data[name]
    ]
    if item.is_published != form.publishes:
        found.append((_("State"), _("Published") if item.is_published else _("Draft")))
    return found


def show(
    request: HttpRequest, project: Project | None, item: NewsItem | None, form: NewsForm, status: int = 200, **more: Any
) -> HttpResponse:
    """The page with the form."""
    new_url = reverse("project-news:new", args=[project.slug]) if project else reverse("news:new")
    action = item.edit_url if item else new_url
    return render(request, "news/edit.html", {"project": project, "item": item, "form": form, "action": action, **more}, status=status)


def remove(request: HttpRequest, item: NewsItem) -> HttpResponse:
    """Delete it, and offer an undo on the list."""
    services.delete(by=current_user(request), item=item)
    request.session[UNDO] = {"pk": item.pk, "at": time.time()}
    return redirect(list_url(item.project))


def bring_back(request: HttpRequest, item: NewsItem) -> HttpResponse:
    """Undo a deletion."""
    services.restore(by=current_user(request), item=item)
    messages.success(request, _("The news item was restored."))
    return redirect(list_url(item.project))


def list_url(project: Project | None) -> str:
    """Where the news of a place are listed."""
    return reverse("project-news:index", args=[project.slug]) if project else reverse("news:index")


def writing[View: Callable[..., HttpResponse]](view: View) -> View:
    """What all forms share: never in a cache, and not more often than a person writes."""
    limited: View = rate_limited(ACT)(never_cache(require_http_methods(["GET", "HEAD", "POST"])(view)))  # type: ignore[assignment]
    return limited


@writing
@staff_page
def portal_new(request: HttpRequest) -> HttpResponse:
    """A new item of the portal."""
    return write(request, None, None)


@writing
@staff_page
def portal_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """An item of the portal."""
    return write(request, None, edited_item(request, None, pk))


@require_POST
@staff_page
def portal_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an item of the portal."""
    return remove(request, item_of(None, pk))


@require_POST
@staff_page
def portal_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Restore an item of the portal."""
    return bring_back(request, item_of(None, pk, is_deleted=True))


@writing
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new item of a project."""
    return write(request, project_for(request.user, slug, Permission.EDIT), None)


@writing
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An item of a project."""
    project = project_for(request.user, slug, Permission.EDIT)
    return write(request, project, edited_item(request, project, pk))


@require_POST
def delete(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Delete an item of a project."""
    return remove(request, item_of(project_for(request.user, slug, Permission.EDIT), pk))


@require_POST
def restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Restore an item of a project."""
    return bring_back(request, item_of(project_for(request.user, slug, Permission.EDIT), pk, is_deleted=True))
