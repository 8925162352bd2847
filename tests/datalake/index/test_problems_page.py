"""What the index could not take is listed to those who may see the scope, in every form; the page of services names public scopes only."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.index import problems
from datalake.index.status import trouble_of
from datalake.reads import service_account
from tests.page_text import text_of
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
PUBLIC, CLOSED = "KM3NET_ECAP_SP", "user.lead"
PAGE = "/datalake/escape/index/"


@pytest.fixture(autouse=True)
def noted() -> None:
    for scope in (PUBLIC, CLOSED):
        problems.record("escape", scope, problems.Part.FACTS, {f"hash#1 of {scope}": "does not match"})
        problems.record("escape", scope, problems.Part.SCOPE, {"": "is failing"})


def forms(client: Client, query: str = "") -> dict[str, set[str]]:
    """The scopes that each form of the page names."""
    page = text_of(client.get(f"{PAGE}?{query}").content)
    items = client.get(f"{PAGE}?format=json&{query}").json()["items"]
    rows = csv.DictReader(io.StringIO(client.get(f"{PAGE}?format=csv&{query}").content.decode()))
    return {
        "page": {scope for scope in (PUBLIC, CLOSED) if f"hash#1 of {scope}" in page},
        "json": {item["scope"] for item in items},
        "csv": {row["scope"] for row in rows},
    }


@pytest.mark.parametrize("query", ["", f"scope={CLOSED}"])
def test_every_form_names_the_scopes_that_the_visitor_may_see(
    signed_in: Callable[[str], Client], known_at_lake: Callable[..., None], query: str
) -> None:
    known_at_lake("member")
    asked = {CLOSED} if query else {PUBLIC, CLOSED}
    assert forms(signed_in("member"), query) == dict.fromkeys(("page", "json", "csv"), asked)
    for name in ("anonymous", "newcomer"):
        assert forms(signed_in(name), query) == dict.fromkeys(("page", "json", "csv"), asked - {CLOSED})


def test_the_page_of_services_names_public_scopes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_account, "is_configured", lambda _: True)
    trouble: Any = trouble_of(service(ServiceKind.RUCIO, "escape"))
    assert f"2 scopes ({PUBLIC}, …) cannot be read" in trouble.detail
    assert f"2 names in 2 scopes ({PUBLIC}, …) cannot be indexed" in trouble.detail
    assert CLOSED not in trouble.detail
