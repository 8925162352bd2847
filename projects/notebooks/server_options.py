"""What the hub is told of the project's data when it starts a session."""

from django.utils.translation import gettext as _

from projects import authorization
from projects.models import Resource
from projects.notebooks import choosing
from projects.notebooks.models import Session
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault import SignInAgain

MAX_DIDS = 100
CHOSEN = ("environment", "cpu", "memory", "gpu")  # the hub checks them against what it offers


def server_options(session: Session) -> dict[str, object]:
    """The options from which the hub writes the starter notebook: the project's data that the person may see by their current groups.

    What cannot be brought is stored in the session, for its person to read; raises RemoteError where that is all, or a service is away.
    """
    data = session.project.resources.filter(kind=Resource.Kind.DID).visible_to(authorization.refresh_user(session.by))
    identifiers = data.values_list("identifier", flat=True)
    facts: dict[str, object] = {
        "project": session.project.slug,
        "title": " ".join(session.project.title.split()),
        "dids": list(identifiers[:MAX_DIDS]),
    }
    if more := max(0, identifiers.count() - MAX_DIDS):
        facts["more"] = more
    brought, left_out = readable_data(session)
    session.note_left_out(left_out)
    facts |= start_wishes(session)
    if chosen := brought.pop(session.did, None):
        facts["chosen"] = chosen
    return facts | ({"further": list(brought.values())} if brought else {})


def start_wishes(session: Session) -> dict[str, object]:
    """What the person chose of what the hub offers, and the basket that the session brings."""
    options = session.start_options
    wishes: dict[str, object] = {name: value for name in CHOSEN if (value := getattr(options, name))}
    if options.basket:
        wishes["basket"] = int(options.basket)
    return wishes


def readable_data(session: Session) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The chosen data that the person may read, by DID, and why the others are left out; raises RemoteRefused if that is all of them."""
    brought: dict[str, dict[str, str]] = {}
    left_out: dict[str, str] = {}
    refusal: RemoteRefused | None = None
    for did in dict.fromkeys(filter(None, (session.did, *session.start_options.dids))):
        try:
            brought[did] = chosen_data(session, did)
        except RemoteRefused as error:
            if isinstance(error, SignInAgain):
                raise
            left_out[did] = str(error)
            refusal = error
    if refusal and not brought:
        raise refusal
    return brought, left_out


def chosen_data(session: Session, did: str) -> dict[str, str]:
    """Data with which it starts, if the person may read them in the lake; raises RemoteError."""
    data = choosing.read(session.lake, did)
    if data is None:
        raise RemoteRefused(_("This portal no longer uses the Data Lake that holds %(did)s.") % {"did": did})
    return {"did": did, "type": data.had_by(session.by).type}
