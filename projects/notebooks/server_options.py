"""What the hub is told of the project's data when it starts a session."""

from django.utils.translation import gettext as _

from projects import authorization
from projects.models import Resource
from projects.notebooks import choosing
from projects.notebooks.models import Session
from vre_portal.http import RemoteRefused

MAX_DIDS = 100


def server_options(session: Session) -> dict[str, object]:
    """The options from which the hub writes the starter notebook: the project's data that the person may see by their current groups."""
    data = session.project.resources.filter(kind=Resource.Kind.DID).visible_to(authorization.refresh_user(session.by))
    identifiers = data.values_list("identifier", flat=True)
    facts: dict[str, object] = {
        "project": session.server,
        "title": " ".join(session.project.title.split()),
        "dids": list(identifiers[:MAX_DIDS]),
    }
    if more := max(0, identifiers.count() - MAX_DIDS):
        facts["more"] = more
    return facts | {"chosen": chosen_data(session)} if session.did else facts


def chosen_data(session: Session) -> dict[str, str]:
    """The data with which it starts, if the person may read them in the lake; raises RemoteError."""
    data = choosing.read(session.lake, session.did)
    if data is None:
        raise RemoteRefused(_("This portal no longer uses the Data Lake that holds %(did)s.") % {"did": session.did})
    return {"did": session.did, "type": data.had_by(session.by).type}
