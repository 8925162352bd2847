"""The pages on which staff edit the texts of the portal."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal import markdown
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.site_texts import services
from vre_portal.site_texts.blocks import BLOCKS, TextBlock
from vre_portal.site_texts.forms import BlockForm, RestoreForm
from vre_portal.site_texts.models import TextVersion

SHOWN_VERSIONS = 50


def block_of(name: str) -> TextBlock:
    """The text of this name; raises Http404."""
    if name not in BLOCKS:
        raise Http404(_("There is no such text."))
    return BLOCKS[name]


@never_cache
@require_safe
@staff_page
def index(request: HttpRequest) -> HttpResponse:
    """All texts, as they are now."""
    return render(request, "site_texts/index.html", {"texts": services.present_texts(with_people=True).values()})


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def edit(request: HttpRequest, text_name: str) -> HttpResponse:
    """One text: begin with what it says, preview it, save it."""
    block = block_of(text_name)
    if request.method != "POST":
        text = services.present_text(block)
        return show(request, block, BlockForm(block, initial={"text": text.text, "seen": text.number}))
    form = BlockForm(block, request.POST)
    if not form.is_valid():
        return show(request, block, form, 400)
    typed = form.cleaned_data["text"]
    if request.POST.get("do") == "preview":
        return show(request, block, form, preview=typed if block.is_line else markdown.render(typed, level=3), previews=True)
    try:
        changed = services.save_text(by=current_user(request), block=block, seen=form.cleaned_data["seen"], text=typed)
    except services.ChangedMeanwhile as conflict:
        return show(request, block, BlockForm(block, {"text": typed, "seen": conflict.text.number}), 409, theirs=conflict.text)
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("site-texts:index")


def show(request: HttpRequest, block: TextBlock, form: BlockForm, status: int = 200, **context: Any) -> HttpResponse:
    """The editor."""
    return render(request, "site_texts/edit.html", {"entry": block, "form": form, **context}, status=status)


@never_cache
@require_safe
@staff_page
def history(request: HttpRequest, text_name: str) -> HttpResponse:
    """The saved versions of a text, the newest first."""
    block = block_of(text_name)
    versions = list(TextVersion.objects.filter(name=block.name).select_related("saved_by").order_by("-number")[:SHOWN_VERSIONS])
    context = {"entry": block, "versions": versions, "present": versions[0].number if versions else 0, "default": block.default()}
    return render(request, "site_texts/history.html", context)


@require_POST
@staff_page
def restore(request: HttpRequest, text_name: str) -> HttpResponse:
    """Save an earlier version once more, as the newest."""
    block, form = block_of(text_name), RestoreForm(request.POST)
    text = services.text_of_version(block, form.cleaned_data["number"]) if form.is_valid() else None
    if text is None:
        raise Http404(_("There is no such version of the text."))
    number, seen = form.cleaned_data["number"], form.cleaned_data["seen"]
    try:
        services.save_text(by=current_user(request), block=block, seen=seen, text=text, restored=number)
    except services.ChangedMeanwhile:
        messages.error(request, _("Not restored: the text was changed meanwhile. Look at its newest version first."))
    else:
        messages.success(request, _("Restored."))
    return redirect("site-texts:history", text_name=text_name)
