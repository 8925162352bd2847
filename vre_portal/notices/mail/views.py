"""The page of one's e-mail, the link to unsubscribe, and the queue for staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal import tables
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, UNSUBSCRIBE, rate_limited
from vre_portal.notices.kinds import title_of
from vre_portal.notices.mail import addresses, overview, services, unsubscribe_links
from vre_portal.notices.mail.models import Mail, Schedule

RECENT_MAILS = 10
QUEUE_ROWS = 50


@never_cache
@require_safe
def mail_settings(request: HttpRequest) -> HttpResponse:
    """Whether e-mail reaches the person, what stands in the way, and the last mails."""
    user = current_user(request)
    recent = list(Mail.objects.filter(user=user)[:RECENT_MAILS])
    context = {"status": addresses.status_of(user), "address": user.email, "recent": recent}
    return render(request, "notices_mail/settings.html", context)


@rate_limited(ACT)
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Turn e-mail off or on, try a refused address again, or ask for a test e-mail."""
    user = current_user(request)
    match request.POST.get("do"):
        case "off":
            services.turn_off(by=user)
            messages.success(request, _("E-mail is turned off."))
        case "on":
            services.turn_on(by=user)
            messages.success(request, _("E-mail is turned on."))
        case "retry":
            services.try_again(by=user)
            messages.success(request, _("A test e-mail will be sent to you."))
        case "test":
            send_test(request)
        case _:
            raise Http404(_("Page not found."))
    return redirect("notices_mail:settings")


def send_test(request: HttpRequest) -> None:
    """Ask for a test e-mail, and say what will happen."""
    user = current_user(request)
    if not addresses.status_of(user).is_on:
        messages.error(request, _("No e-mail can be sent to you at the moment."))
        return
    try:
        services.send_test(by=user)
    except services.TestSentLately:
        messages.info(request, _("A test e-mail was already requested within the last minute."))
    else:
        messages.success(request, _("A test e-mail will be sent to you."))


@csrf_exempt  # mail programs press it, without a session; the link itself is what allows it
@login_not_required
@rate_limited(UNSUBSCRIBE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """By GET a page that asks, for programs follow links; by POST e-mail is turned off, also by a mail program's own button (RFC 8058)."""
    try:
        subscription = unsubscribe_links.read_token(token)
    except unsubscribe_links.LinkExpired:
        return render(request, "notices_mail/link_failed.html", {"is_expired": True}, status=410)
    except unsubscribe_links.LinkInvalid:
        return render(request, "notices_mail/link_failed.html", {"is_expired": False}, status=404)
    context = {"kind": title_of(subscription.kind), "everything": not subscription.kind}
    if request.method != "POST":
        return render(request, "notices_mail/unsubscribe.html", context)
    everything = "all" in request.POST
    services.unsubscribe(subscription, everything=everything)
    return render(request, "notices_mail/unsubscribed.html", {**context, "everything": everything or not subscription.kind})


@never_cache
@require_safe
@staff_page
def queue_page(request: HttpRequest) -> HttpResponse:
    """What waits to be mailed, and why it was not."""
    page = Paginator(overview.jobs(), tables.page_size(request, QUEUE_ROWS)).get_page(request.GET.get("page"))
    following = f"?page={page.next_page_number()}" if page.has_next() else None
    rows = [{**row, "schedule_label": Schedule(row["schedule"]).label} for row in page]
    if answer := tables.listing(request, rows, following=following, filename="mail-queue"):
        return answer
    context = {
        "rows": rows,
        "figures": overview.figures(),
        "server": overview.server(),
        "next_url": following,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else None,
    }
    return render(request, "notices_mail/queue.html", context)
