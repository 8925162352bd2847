"""What the hub is told of the project's data when it starts a session."""

from django.utils.translation import gettext as _

from projects import authorization
from projects.models import Resource
from projects.notebooks import choosing
from projects.notebooks.models import Session
from vre_portal.http import RemoteRefused

MAX_DIDS = 100
CHOSEN = ("environment", "cpu", "memory", "gpu")  # the hub checks them against what it offers


def server_options(session: Session) -> dict[str, object]:
    """The options from which the hub writes the starter notebook: the project's data that the person may see by their current groups."""
    data = session.project.resources.filter(kind=Resource.Kind.DID).visible_to(authorization.refresh_user(session.by))
    identifiers = data.values_list("identifier", flat=True)
    facts: dict[str, object] = {
        "project": session.project.slug,
        "title": " ".join(session.project.title.split()),
        "dids": list(identifiers[:MAX_DIDS]),
    }
    if more := max(0, identifiers.count() - MAX_DIDS):
        facts["more"] = more
    facts |= start_wishes(session)
    return facts | {"chosen": chosen_data(session, session.did)} if session.did else facts


def start_wishes(session: Session) -> dict[str, object]:
    """What the person chose of what the hub offers, and the further data and the basket that the session brings; raises RemoteError."""
    options = session.start_options
    wishes: dict[str, object] = {name: value for name in CHOSEN if (value := getattr(options, name))}
    if options.basket:
        wishes["basket"] = int(options.basket)
    if further := [did for did in options.dids if did != session.did]:
        wishes["further"] = [chosen_data(session, did) for did in further]
    return wishes


def chosen_data(session: Session, did: str) -> dict[str, str]:
    """Data with which it starts, if the person may read them in the lake; raises RemoteError."""
    data = choosing.read(session.lake, did)
    if data is None:
        raise RemoteRefused(_("This portal no longer uses the Data Lake that holds %(did)s.") % {"did": did})
    return {"did": did, "type": data.had_by(session.by).type}
