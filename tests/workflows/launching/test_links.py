"""Every field of the launch form is a parameter of its address, also the server and the settings of steps; a wrong one is named beside its field."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from projects.workflows.models import LaunchTemplate, ReanaOffer, Run, Specification
from tests.workflows.launching.conftest import OFFER, SERVICES
from tests.workflows.launching.test_versions import sent
from vre_portal import services as configured

pytestmark = pytest.mark.django_db
SECOND = '\n[[service]]\nkind = "reana"\nname = "far"\ntitle = "Far REANA"\nurl = "http://127.0.0.1:2"\noptions = { dialect = "bearer" }\n'


@pytest.fixture
def two_servers(offer: ReanaOffer, tmp_path: Path, settings: Any) -> Iterator[None]:
    (tmp_path / "services.toml").write_text(SERVICES + SECOND)
    configured._all.cache_clear()
    ReanaOffer.objects.create(server="far", url="http://127.0.0.1:2", facts={**OFFER, "has_cpu": True, "max_cpu": "4"})
    yield
    configured._all.cache_clear()


def words(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def value_of(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"|value="([^"]*)"[^>]*?name="{name}"', page.content.decode())
    return (found[1] or found[2] or "") if found else ""


def test_settings_of_steps_come_from_the_address(member: Client, address: str, offer: ReanaOffer) -> None:
    page = member.get(f"{address}&o-0-memory=2Gi&o-1-time=2h&o-1-environment=image:9")
    assert [value_of(page, f"o-{name}") for name in ("0-memory", "1-time", "1-environment")] == ["2Gi", "7200", "image:9"]
    assert "fetch: Memory, fit: Time limit, fit: Environment" in words(page)


def test_a_setting_as_in_the_specification_changes_nothing(member: Client, address: str, offer: ReanaOffer) -> None:
    opened = {query: member.get(f"{address}&o-1-memory={query}").context["form"].planned_overrides for query in ("1Gi", "2Gi")}
    assert opened == {"1Gi": {}, "2Gi": {"1": {"step": "fit", "memory": "2Gi"}}}


@pytest.mark.parametrize(
    ("query", "reason", "is_beside"),
    [
        ("o-0-memory=99Gi", "At most 8Gi", True),
        ("o-0-memory=lots", "Enter an amount such as 512Mi or 4Gi.", True),
        ("o-0-cpu=2", "Test REANA does not offer this.", False),
        ("o-7-memory=2Gi", "There is no such step", False),
        ("o-0-colour=red", "There is no such field.", False),
        ("o-00-memory=2Gi", "There is no such field.", False),
        ("o-yaml=x", "There is no such field.", False),
        ("o-999999-memory=2Gi", "There is no such step", False),
        ("server=nowhere", "There is no such REANA server here.", False),
        ("i-0=SCOPE:x", "There is no such field.", False),
    ],
)
def test_a_wrong_one_is_named(member: Client, address: str, offer: ReanaOffer, query: str, reason: str, is_beside: bool) -> None:
    page = member.get(f"{address}&{query}")
    assert f"{query.partition('=')[0]}=" in words(page)
    assert reason in words(page)
    assert ("parameter-note" in page.content.decode()) is is_beside


def test_the_server_comes_from_the_address_with_what_it_offers(member: Client, address: str, two_servers: None) -> None:
    page = member.get(f"{address}&server=far&o-0-cpu=2")
    assert re.search(r'value="far"\s*checked', page.content.decode())
    assert value_of(page, "o-0-cpu") == "2"
    wrong = member.get(f"{address}&server=nowhere")
    assert re.search(r'value="reana"\s*checked', wrong.content.decode())
    part = wrong.content.decode()
    assert "server=nowhere in the link is not used." in part[part.index('id="servers"') :]


def test_a_link_to_values_opens_the_same_form(member: Client, address: str, two_servers: None) -> None:
    form = sent(**{"do": "link", "server": "far", "o-0-memory": "2Gi", "o-1-cpu": "1.5", "p-years": "7"})
    page = member.post(address, form).content.decode()
    link = re.search(r"http[^\"<]*?specification=fit[^\"<\s]*", unescape(page))
    assert link
    query = urlsplit(link[0]).query
    values = parse_qs(query)
    assert (values["server"], values["o-0-memory"], values["o-1-cpu"], values["p-years"]) == (["far"], ["2Gi"], ["1.5"], ["7"])
    opened = member.get(f"{urlsplit(link[0]).path}?{query}")
    assert value_of(opened, "o-1-cpu") == "1.5"
    assert re.search(r'value="far"\s*checked', opened.content.decode())
    reply = member.post(address, sent(server="far", **{"o-0-memory": "2Gi", "o-1-cpu": "1.5"}))
    assert (reply.status_code, Run.objects.get().overrides["1"]["cpu"]) == (302, "1.5")


def test_a_template_keeps_the_server(member: Client, address: str, two_servers: None) -> None:
    member.post(address, sent(**{"do": "save", "template-name": "mine", "server": "far"}))
    template = LaunchTemplate.objects.get()
    assert template.server == "far"
    page = member.get(f"{address}&template={template.pk}").content.decode()
    assert re.search(r'value="far"\s*checked', page)
    LaunchTemplate.objects.update(server="gone")
    assert "The REANA server “gone” is not chosen" in words(member.get(f"{address}&template={template.pk}"))


def test_the_server_of_the_run_is_named_where_another_is_chosen(member: Client, address: str, two_servers: None) -> None:
    member.post(address, sent(server="far"))
    page = member.get(f"{address}&from=1")
    assert re.search(r'value="far"\s*checked', page.content.decode())
    other = member.post(f"{address}&from=1", sent(server="reana", do="check"))
    assert "Run 1 was on Far REANA." in words(other)


def test_a_badge_carries_values_and_nothing_else(specification: Specification, signed_in: Callable[[str], Client]) -> None:
    page = signed_in("member").get(
        reverse("workflows:badge", args=[specification.project.slug, "fit"]),
        {"p-years": '5"><script>', "o-0-memory": "2Gi", "server": "far", "next": "https://evil.example"},
    )
    text = page.content.decode()
    assert "<script>" not in text
    shown = "".join(re.findall(r'<pre class="log".*?</pre>', text, re.DOTALL))
    assert "evil.example" not in shown
    markdown = unescape(shown)
    assert "specification=fit&p-years=5%22%3E%3Cscript%3E&o-0-memory=2Gi&server=far)" in markdown
    assert "specification=fit&amp;p-years" in unescape(shown)  # in the HTML, where an ampersand is written so
    assert "Its link fills in these values:" in words(page)
    too_long = signed_in("member").get(reverse("workflows:badge", args=[specification.project.slug, "fit"]), {"p-source": "x" * 7000})
    assert "Its link fills in" not in words(too_long)
