"""What those who decide want to know of the lake as it is now; asked of Rucio with their own rights, for a part of the page that loads by itself."""

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.index.did_facts import DidKey, facts_of
from datalake.reads import scopes
from datalake.sites.recorded import recorded_storages
from projects.requests.kinds import PresentFacts
from projects.requests.lake_kinds.lakes import account_of, lake_of, text_of, token_of
from projects.requests.lake_kinds.storage_form import is_expression
from projects.requests.models import Request
from vre_portal import deadlines
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind
from vre_portal.text import size

SECONDS, MAX_PLACES = 3.0, 10


def quota_facts(reader: User, request: Request) -> PresentFacts:
    """The limit that the person has, what they use of it, and what the storage has left; what is refused costs only itself. Raises Refused."""
    lake, rse = lake_of(request), text_of(request, "rse")
    facts: PresentFacts = []
    try:
        with deadlines.within(SECONDS, ServiceKind.RUCIO, ServiceKind.IAM):
            token = token_of(reader, lake, request)
            account = account_of(request.by, lake, token)
            facts = [(_("Account"), account)]
            usage = {item.rse: item for item in rucio.list_usage(lake, token, account)}
    except RemoteError as error:
        return [*facts, (_("Limit and use now"), str(error)), *_free(lake, rse)]
    if is_expression(rse):
        return facts
    now = usage.get(rse, rucio.AccountUsage(rse, limit=0))
    limit = _("no limit") if now.limit is None else size(now.limit)
    return [*facts, (_("Limit now"), limit), (_("Used now"), size(now.used)), *_free(lake, rse)]


def copy_facts(reader: User, request: Request) -> PresentFacts:
    """Where the data are already, and what the storage has left. Raises RemoteError and Refused."""
    lake, rse = lake_of(request), text_of(request, "rse")
    scope, _colon, name = text_of(request, "did").partition(":")
    if scopes.is_restricted(lake, scope):
        return []
    did = DidKey(lake.name, scope, name)
    if did in (known := facts_of([did])) and known[did].type == "CONTAINER":  # Rucio knows the copies of its datasets, not of itself
        return [(_("Copies now"), _("open the datasets of the container to see theirs")), *_free(lake, rse)]
    with deadlines.within(SECONDS, ServiceKind.RUCIO, ServiceKind.IAM):
        token = token_of(reader, lake, request)
        places = sorted({item.rse for item in rucio.list_replicas(lake, token, scope, name)})
    shown = ", ".join(places[:MAX_PLACES]) + (" …" if len(places) > MAX_PLACES else "")
    return [(_("Copies now"), f"{len(places)}: {shown}" if places else _("none")), *_free(lake, rse)]


def _free(lake: Service, rse: str) -> PresentFacts:
    """As the portal noted it within the hour."""
    return [
        (_("Free at %(rse)s") % {"rse": rse}, size(item.free))
        for item in recorded_storages(lake.name)
        if item.rse == rse and item.free is not None
    ]
