"""What people are told about requests, in the transaction of what happened; only those who may read the request at that moment see it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.requests import kinds as request_kinds
from projects.requests.kinds import UnknownKind, kind_of
from projects.requests.models import Request, RequestComment
from vre_portal import markdown
from vre_portal.iam.models import User
from vre_portal.notices import inbox, kinds, services
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.search import audiences
from vre_portal.text import plain, without_markup

MAX_WORDS_CHARS = 1000
MAX_PEOPLE = 200  # of a group that decides; the rest find it in their list
OPENED, ANSWERED, DECIDED = "requests.opened", "requests.answered", "requests.decided"
ASSIGNED, DUE, FAILED = "requests.assigned", "requests.due", "requests.failed"
_SECTION = gettext_lazy("Requests")
KINDS = (
    NoticeKind(OPENED, gettext_lazy("A request that you can answer was opened"), _SECTION, Delivery.MAIL, "send"),
    NoticeKind(ANSWERED, gettext_lazy("A request was commented"), _SECTION, Delivery.MAIL, "mail"),
    NoticeKind(DECIDED, gettext_lazy("Your request was decided"), _SECTION, Delivery.MAIL, "mail", can_turn_off=False),
    NoticeKind(ASSIGNED, gettext_lazy("A request was assigned to you, or no longer is"), _SECTION, Delivery.MAIL, "users"),
    NoticeKind(DUE, gettext_lazy("A request that you handle is due"), _SECTION, Delivery.DIGEST, "hourglass"),
    NoticeKind(FAILED, gettext_lazy("A request that you approved was not carried out"), _SECTION, Delivery.MAIL, "triangle-alert"),
)


def register() -> None:
    """Make the kinds known."""
    for kind in KINDS:
        kinds.register(kind)


def heading_of(request: Request) -> str:
    """What a request is called, with the title that its project had when it was made."""
    heading = request_kinds.heading_of(request)
    return f"{heading}: {request.project_title}" if request.project_title and not request.title else heading


def approvers_of(request: Request, *, but: User | None = None) -> list[User]:
    """Those who are told of a request: of its assignees, and who decided it, those who can answer it still, or all who can.

    `but` is somebody with whom they cannot leave it.
    """
    try:
        people = kind_of(request.kind).approvers.people(request).exclude(pk=request.by_id)
    except UnknownKind:
        people = User.objects.filter(is_staff=True, is_active=True)
    if but is not None:
        people = people.exclude(pk=but.pk)
    handling = Q(pk__in=request.assignees.values("pk"))
    if not request.is_unfinished:
        handling |= Q(pk=request.decided_by_id)
    return list(people.filter(handling)[:MAX_PEOPLE]) or list(people[:MAX_PEOPLE])


def words_of(text: str) -> str:
    """The first words of a text in Markdown without its marks, for lists and mails; what it quotes is in the thread."""
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    return " ".join(without_markup(markdown.render(plain(own[:MAX_WORDS_CHARS]), is_message=True)).split())


def opened(request: Request, group: str = "") -> None:
    """To those who can answer it; requests that are opened together have a `group`, and are one line of an inbox."""
    title = _("%(name)s asks: %(request)s") % {"name": plain(request.by), "request": plain(heading_of(request))}
    _tell(
        OPENED, f"request:{request.pk}", request, title, approvers_of(request), actor=request.by, text=words_of(request.text), group=group
    )


def commented(request: Request, comment: RequestComment) -> None:
    """To the other side: the person who asked, or those who answer."""
    by = comment.by
    to = approvers_of(request) if by is not None and by.pk == request.by_id else [request.by]
    title = _("%(name)s commented: %(request)s") % {"name": plain(by or _("The portal")), "request": plain(heading_of(request))}
    _tell(ANSWERED, f"comment:{comment.pk}", request, title, to, actor=by, text=words_of(comment.text), fragment=f"#comment-{comment.pk}")


def decided(request: Request, by: User | None) -> None:
    """To the person who asked, for each answer that ends the request; nobody is asked to act any more."""
    sentences = {
        Request.State.GRANTED: _("Granted: %(request)s"),
        Request.State.DECLINED: _("Declined: %(request)s"),
        Request.State.CLOSED: _("Closed: %(request)s"),
    }
    title = sentences[Request.State(request.state)] % {"request": plain(heading_of(request))}
    settled(request)
    _tell(DECIDED, f"request:{request.pk}:{request.state}", request, title, [request.by], actor=by)


def in_progress(request: Request, by: User | None) -> None:
    """To the person who asked, once, where an approved request is not carried out at once."""
    key = f"request:{request.pk}:approved"
    if services.unreported(DECIDED, [key]):
        title = _("Approved, in progress: %(request)s") % {"request": plain(heading_of(request))}
        _tell(DECIDED, key, request, title, [request.by], actor=by)


def settled(request: Request) -> None:
    """What asked people to do something about the request, and what the decision replaces, counts as read."""
    own, steps = f"request:{request.pk}", request.events.values_list("pk", flat=True)
    due_keys = [f"{own}:{request.due_at}:{when}" for when in ("soon", "overdue")]
    inbox.read_events((OPENED, ASSIGNED, FAILED, DUE), [own, *(f"event:{pk}" for pk in steps), *due_keys])
    if not request.is_unfinished:
        inbox.read_events((DECIDED,), [f"{own}:approved"])


def _about(own: Any) -> Q:
    """The notices of a request, by what they are grouped by; its first one may be in the group of those that were opened with it."""
    return Q(event__group=own) | Q(event__kind=OPENED, event__key=own)


def unread_by(user: User) -> Exists:
    """Whether the person has not read what they were told of a request, as a column of requests."""
    own = Concat(Value("request:"), Cast(OuterRef("pk"), CharField()))
    return Exists(inbox.unread_of(user).filter(_about(own)))


def mark_read(request: Request, user: User) -> None:
    """The person has looked at the request."""
    inbox.read_about(_about(f"request:{request.pk}"), by=user)


def withdrawn(request: Request) -> None:
    """To those who were to carry it out."""
    title = _("%(name)s withdrew: %(request)s") % {"name": plain(request.by), "request": plain(heading_of(request))}
    _tell(ANSWERED, f"request:{request.pk}:withdrawn", request, title, approvers_of(request), actor=request.by)


def assigned(request: Request, person: User, by: User, event: int) -> None:
    """To whom it was assigned, unless they did it themselves."""
    if person.pk != by.pk:
        title = _("%(name)s assigned to you: %(request)s") % {"name": plain(by), "request": plain(heading_of(request))}
        _tell(ASSIGNED, f"event:{event}", request, title, [person], actor=by)


def unassigned(request: Request, person: User, by: User, event: int) -> None:
    """To whom it was assigned before, unless they did it themselves."""
    if person.pk != by.pk:
        title = _("%(name)s removed your assignment: %(request)s") % {"name": plain(by), "request": plain(heading_of(request))}
        _tell(ASSIGNED, f"event:{event}", request, title, [person], actor=by)


def failed(request: Request, to: Iterable[User], cause: str, event: int) -> None:
    """To those who can do something about it."""
    title = _("Not carried out: %(request)s") % {"request": plain(heading_of(request))}
    _tell(FAILED, f"event:{event}", request, title, to, text=cause)


def due(request: Request, *, is_over: bool) -> None:
    """To those who handle it, once before and once after the day."""
    sentence = _("Overdue: %(request)s") if is_over else _("Due soon: %(request)s")
    when = "overdue" if is_over else "soon"
    title = sentence % {"request": plain(heading_of(request))}
    _tell(DUE, f"request:{request.pk}:{request.due_at}:{when}", request, title, approvers_of(request))


def _tell(
    kind: str,
    key: str,
    request: Request,
    title: str,
    to: Iterable[User],
    *,
    actor: User | None = None,
    text: str = "",
    fragment: str = "",
    group: str = "",
) -> None:
    services.notify(
        kind,
        key,
        title=title,
        url=f"{request.get_absolute_url()}{fragment}",
        audience=audiences.rule(audiences.condition("request", request.pk)),
        to=[person for person in to if actor is None or person.pk != actor.pk],
        text=Truncator(plain(text)).chars(500),
        group=group or f"request:{request.pk}",
        actor=actor,
        data={"request": request.pk, "kind": request.kind, "state": request.state},
    )
