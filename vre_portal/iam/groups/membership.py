"""Put people into a group of their IAM and take them out again, by SCIM in INDIGO IAM's dialect, as a client of the portal's own."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, request
from vre_portal.iam import oidc
from vre_portal.iam.groups import normal
from vre_portal.iam.oidc.claims import number
from vre_portal.services import Service

logger = logging.getLogger(__name__)
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TYPE = "application/scim+json"
PAGE_SIZE = 100
MAX_PAGES = 100  # pages of groups that are looked through


def is_configured(iam: Service) -> bool:
    """Whether services.toml names a client that may change groups (`groups_client`, with scopes scim:read and scim:write)."""
    return bool((iam.options.get("groups_client") or {}).get("client_id"))


def has(iam: Service, group: str, subject: str) -> bool:
    """Whether somebody is a member now. Raises RemoteError."""
    return group in _groups_of(iam, _token(iam), subject)


def groups_of(iam: Service, subject: str) -> set[str]:
    """The groups of somebody, as the IAM names them. Raises RemoteError."""
    return _groups_of(iam, _token(iam), subject)


def add(iam: Service, group: str, subject: str) -> bool:
    """Make somebody a member, as the IAM names group and person; False where they were one already. Raises RemoteError."""
    return _change(iam, "add", group, subject)


def remove(iam: Service, group: str, subject: str) -> bool:
    """End a membership; False where there was none."""
    return _change(iam, "remove", group, subject)


def _change(iam: Service, operation: str, group: str, subject: str) -> bool:
    token = _token(iam)
    if (group in _groups_of(iam, token, subject)) == (operation == "add"):
        return False
    change = {"op": operation, "path": "members", "value": [{"value": subject}]}
    reply = _scim(
        iam, "PATCH", f"scim/Groups/{_segment(iam, _id_of(iam, token, group))}", token, json={"schemas": [PATCH], "operations": [change]}
    )
    return reply.status < 400


def _token(iam: Service) -> str:
    """Asked for each time: it is used now and then, and a token that is not kept cannot leak."""
    if not is_configured(iam):
        raise RemoteRefused(_("The portal is not allowed to change groups at %(iam)s.") % {"iam": iam.title}, service=iam)
    return oidc.by_client(replace(iam, options=iam.options["groups_client"]), audience="", scope="scim:read scim:write").access


def _scim(iam: Service, method: str, path: str, token: str, **options: Any) -> Reply:
    reply = request(iam, method, path, token=token, headers={"Accept": TYPE, "Content-Type": TYPE}, **options)
    if reply.status >= 400:
        raise RemoteRefused(_("%(iam)s refused the portal access to its groups.") % {"iam": iam.title}, service=iam, status=reply.status)
    return reply


def _object(iam: Service, reply: Reply) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict):
        raise RemoteUnavailable(_("%(iam)s sent an answer that the portal cannot read.") % {"iam": iam.title}, service=iam)
    return found


def _list(iam: Service, answer: dict[str, Any], name: str) -> list[Any]:
    """A list of an answer, empty where it has none."""
    found = answer.get(name)
    if found is not None and not isinstance(found, list):
        raise RemoteUnavailable(_("%(iam)s sent an answer that the portal cannot read.") % {"iam": iam.title}, service=iam)
    return found or []


def _segment(iam: Service, name: str) -> str:
    """One part of a path, whatever the name is; dots alone would lead to another thing."""
    if not name.strip("."):
        raise RemoteRefused(_("%(iam)s has no person or group of this name.") % {"iam": iam.title}, service=iam)
    return quote(name, safe="")


def _groups_of(iam: Service, token: str, subject: str) -> set[str]:
    told = _list(iam, _object(iam, _scim(iam, "GET", f"scim/Users/{_segment(iam, subject)}", token)), "groups")
    return {normal(str(group.get("display", "")).strip("/")) for group in told if isinstance(group, dict)}


def _id_of(iam: Service, token: str, group: str) -> str:
    for found in _all_groups(iam, token):
        if normal(str(found.get("displayName", "")).strip("/")) == normal(group):
            return str(found["id"])
    raise RemoteRefused(_("%(iam)s has no group %(group)s.") % {"iam": iam.title, "group": group}, service=iam, status=404)


def _all_groups(iam: Service, token: str) -> Iterator[dict[str, Any]]:
    start = 1
    for _number in range(MAX_PAGES):
        page = _object(iam, _scim(iam, "GET", "scim/Groups", token, params={"startIndex": start, "count": PAGE_SIZE}))
        told = _list(iam, page, "Resources")
        found = [item for item in told if isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"]]
        if len(found) < len(told):
            logger.warning("%d of %d groups that %s lists cannot be read", len(told) - len(found), len(told), iam.name)
        yield from found
        start += len(told)  # also what cannot be read was a row of theirs
        if not told or start > (number(page.get("totalResults")) or 0):
            return
