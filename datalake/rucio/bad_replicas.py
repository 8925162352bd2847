"""Reports about corrupt copies: made, and listed."""

from urllib.parse import urlsplit

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datalake.rucio.client import open_client
from datalake.rucio.paging import MAX_ROWS, first_rows
from datalake.rucio.replicas import list_replicas
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import validate_did, validate_token
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

DEFAULT_REASON = "The contents do not match the checksum."  # untranslated: read in Rucio by the operators of the Data Lake
NAME_WITH_FOLDERS = _(
    "%(service)s cannot accept a report about this copy: Rucio reads only the last part of an address as the file's name, and this name "
    "contains folders. Contact the operators of the Data Lake."
)


def declare_suspicious(lake: Service, token: str, scope: str, name: str, pfn: str, reason: str) -> None:
    """Report one copy as suspicious; raises RemoteRefused where Rucio does not take the report.

    Plain accounts report by address, and Rucio reads an address where files lie by rule as if its first folder were the scope and its
    last part the name. That is another file, or none, where a scope has dots (user.lead lies in user/lead) or a name has folders: the
    former is written in a way that Rucio reads rightly, the latter is not sent. Rucio answers 201 also where it takes nothing.
    """
    validate_did(lake, scope, name)
    rse = next((copy.rse for copy in list_replicas(lake, token, scope, name, type="FILE") if pfn in copy.pfns), "")
    if not rse:
        text = gettext("%(service)s has no record of a copy of this file there.") % {"service": lake.title}
        raise RemoteRefused(text, service=lake, status=409, code="UnknownReplica")
    validate_token(lake, rse)
    with open_client(lake, token) as client:
        facts = client.get_rse(rse)
        is_deterministic = bool(facts.get("deterministic", True))
        if is_deterministic and "/" in name:
            raise RemoteRefused(str(NAME_WITH_FOLDERS) % {"service": lake.title}, service=lake, status=409, code="UnreadableAddress")
        prefixes = [str(item.get("prefix") or "") for item in facts.get("protocols") or ()]
        for address in dict.fromkeys([parsable_address(scope, name, pfn, prefixes), pfn] if is_deterministic else [pfn]):
            answer = client.declare_suspicious_file_replicas([address], reason or DEFAULT_REASON)
            rejected = [str(item) for items in (answer or {}).values() for item in items]
            if not rejected:
                return
    text = gettext("%(service)s did not accept the report: %(reason)s") % {"service": lake.title, "reason": rejected[0]}
    raise RemoteRefused(text[:300], service=lake, status=409, code="UnknownReplica")


def parsable_address(scope: str, name: str, pfn: str, prefixes: list[str]) -> str:
    """An address that Rucio reads as this file: the scope is its first folder after the storage's own part, and the name its last."""
    path = urlsplit(pfn).path
    prefix = max((item for item in prefixes if item and path.startswith(item)), key=len, default="")
    folders = path.removeprefix(prefix).strip("/")
    if not prefix or folders.startswith(f"{scope}/"):
        return pfn
    return f"{pfn[: len(pfn) - len(path)]}{prefix.rstrip('/')}/{scope}/{name}"


def list_suspicious_rses(lake: Service, token: str, scope: str, name: str) -> list[str]:
    """Where somebody reported a file's copy as suspicious in the last ten days; Rucio tells them of all files or of none."""
    with open_client(lake, token) as client:
        answers = first_rows(client.list_suspicious_replicas(), MAX_ROWS)
        rows = [row for answer in answers for row in (answer if isinstance(answer, list) else [answer])]  # one line holds them all
        replicas = read_rows(rows, lambda row: (str(row["scope"]), str(row["name"]), str(row["rse"])))
        return sorted({rse for *did, rse in replicas if did == [scope, name]})
