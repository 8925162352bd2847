"""Keep Rucio's accounts equal to the IAM's people: identities, scopes, groups, limits; suspend who has left."""

import base64
import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from devstack import address
from devstack.rucio.storages import GIGABYTE, STORAGES

ORGANISATION = "escape"
OURS = "iam-sub"  # the account attribute that says: this account follows that IAM subject, and nobody else's
PORTAL = "vre-portal"  # the portal's own account, which reads
RESERVED = {"root", PORTAL}
PAGE = 100
QUOTA = 10 * GIGABYTE


class SynchronisationFailed(Exception):
    """The IAM could not be asked; the text says why."""


@dataclass(frozen=True)
class Person:
    """One of the IAM's people, as far as Rucio needs to know."""

    subject: str
    name: str
    email: str
    active: bool
    groups: frozenset[str]

    @property
    def account(self) -> str:
        """Rucio's name for them: at most 25 of [a-z0-9-_]."""
        return re.sub(r"[^a-z0-9_-]", "-", self.name.lower())[:25]

    @property
    def mark(self) -> str:
        """The subject in a form that an account attribute can carry."""
        return hashlib.sha256(self.subject.encode()).hexdigest()[:30]

    @property
    def identity(self) -> str:
        return f"SUB={self.subject}, ISS={address.IAM_ISSUER}"

    @property
    def attributes(self) -> set[str]:
        """The groups as account attributes; those whose name cannot be one are left out."""
        keys = {"group-" + group.replace("/", ".") for group in self.groups}
        return {key for key in keys if re.fullmatch(r"[a-zA-Z0-9-_./]{1,30}", key)}

    @property
    def belongs(self) -> bool:
        return self.active and any(group == ORGANISATION or group.startswith(f"{ORGANISATION}/") for group in self.groups)


def ask(request: urllib.request.Request) -> Any:
    """One JSON reply of the IAM."""
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)
    except (OSError, ValueError) as error:
        raise SynchronisationFailed(f"{request.full_url}: {error}") from None


def service_token() -> str:
    """A token of the synchronising client, for reading people."""
    base = address.IAM_ISSUER
    discovery = ask(urllib.request.Request(f"{base}.well-known/openid-configuration"))
    credentials = base64.b64encode(f"iam-sync:{address.secret('client-iam-sync')}".encode()).decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "scim:read"}).encode()
    request = urllib.request.Request(discovery["token_endpoint"], data=form, headers={"Authorization": f"Basic {credentials}"})
    return str(ask(request)["access_token"])


def person(entry: dict[str, Any]) -> Person:
    """One SCIM resource as a person."""
    emails = entry.get("emails") or []
    return Person(
        subject=str(entry["id"]),
        name=str(entry["userName"]),
        email=str(emails[0]["value"]) if emails else "",
        active=bool(entry.get("active", True)),
        groups=frozenset(str(group.get("display", "")).lstrip("/") for group in entry.get("groups") or []),
    )


def people(token: str) -> Iterator[Person]:
    """Everybody in the IAM, page by page."""
    start = 1
    while True:
        query = urllib.parse.urlencode({"startIndex": start, "count": PAGE})
        request = urllib.request.Request(f"{address.IAM_ISSUER}scim/Users?{query}", headers={"Authorization": f"Bearer {token}"})
        page = ask(request)
        resources = page.get("Resources") or []
        yield from (person(entry) for entry in resources)
        start += len(resources)
        if not resources or start > int(page.get("totalResults", 0)):
            return


def followed() -> dict[str, str]:
    """The accounts that follow an IAM subject: account -> subject. No others are ever touched."""
    from rucio.gateway import account

    found = {}
    for item in account.list_accounts(filter_={"account_type": "USER"}):
        for attribute in account.list_account_attributes(item["account"]):
            if attribute["key"] == OURS:
                found[item["account"]] = str(attribute["value"])
    return found


def admit(somebody: Person) -> None:
    """Make or wake the account, and give it identity, scope and limits."""
    from rucio.common.exception import Duplicate
    from rucio.gateway import account, account_limit, identity, scope

    name = somebody.account
    with suppress(Duplicate):
        account.add_account(name, "USER", somebody.email, issuer="root")
    if account.get_account_info(name)["status"].name != "ACTIVE":
        account.update_account(name, "status", "ACTIVE", issuer="root")
    with suppress(Duplicate):
        account.add_account_attribute(OURS, somebody.mark, name, issuer="root")
    with suppress(Duplicate):
        identity.add_account_identity(somebody.identity, "OIDC", name, somebody.email, issuer="root", default=True)
    with suppress(Duplicate):
        scope.add_scope(f"user.{name}"[:25], name, issuer="root")
    limits = {rse for rse, limit in account_limit.get_local_account_limit(name).items() if limit is not None}
    for storage in STORAGES:
        if storage.rse not in limits:  # else an administrator may have raised it
            account_limit.set_local_account_limit(name, storage.rse, QUOTA, issuer="root")


def admit_portal() -> None:
    """The account of the portal itself, known by its client at the IAM; it owns nothing and has no limits."""
    from rucio.common.exception import Duplicate
    from rucio.gateway import account, identity

    known_as = f"SUB=portal-lake, ISS={address.IAM_ISSUER}"
    with suppress(Duplicate):
        account.add_account(PORTAL, "SERVICE", "portal@vre.example", issuer="root")
    with suppress(Duplicate):
        identity.add_account_identity(known_as, "OIDC", PORTAL, "portal@vre.example", issuer="root", default=True)


def set_groups(somebody: Person) -> None:
    """Make the account's group attributes equal to the IAM's groups."""
    from rucio.gateway import account

    there = {item["key"] for item in account.list_account_attributes(somebody.account) if item["key"].startswith("group-")}
    for key in somebody.attributes - there:
        account.add_account_attribute(key, "member", somebody.account, issuer="root")
    for key in there - somebody.attributes:
        account.del_account_attribute(key, somebody.account, issuer="root")


def dismiss(name: str) -> None:
    """Suspend an account: Rucio asks for the identity and the stored tokens only, so these go too."""
    from rucio.common.types import InternalAccount
    from rucio.db.sqla import models
    from rucio.db.sqla.constants import DatabaseOperationType
    from rucio.db.sqla.session import db_session
    from rucio.gateway import account, identity
    from sqlalchemy import delete

    for item in list(account.list_identities(name)):
        if str(item["type"]).upper().endswith("OIDC"):
            identity.del_account_identity(item["identity"], "OIDC", name, issuer="root")
    with db_session(DatabaseOperationType.WRITE) as session:
        session.execute(delete(models.Token).where(models.Token.account == InternalAccount(name)))
    if account.get_account_info(name)["status"].name == "ACTIVE":
        account.update_account(name, "status", "SUSPENDED", issuer="root")
        print(f"Suspended {name}: no longer in {ORGANISATION}, or not active", flush=True)


def synchronise() -> None:
    """Once over everybody. Reads all of the IAM first: half an answer suspends nobody."""
    everybody = list(people(service_token()))
    known = followed()
    members = {}
    for somebody in everybody:
        name = somebody.account
        if not somebody.belongs:
            continue
        if name in RESERVED or known.get(name, somebody.mark) != somebody.mark:
            print(f"{somebody.name} of the IAM is left out: the account {name} is somebody else's", flush=True)
            continue
        members[name] = somebody
    for somebody in members.values():
        admit(somebody)
        set_groups(somebody)
    for name in known.keys() - members.keys():
        dismiss(name)


if __name__ == "__main__":
    from devstack.rucio import configuration

    configuration.use()
    synchronise()
