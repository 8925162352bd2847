"""Acts in a browser: the wizard with and without JavaScript, an operation that ends by itself, an explanation that comes by itself."""

from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from devstack.address import PORTAL_URL
from tests.datalake.operations.elements import SCOPE, dataset
from tests.devstack.rucio_client import add_rule, on_disk, settled, upload

pytestmark = [pytest.mark.browser, pytest.mark.integration("portal", "worker", "rucio", "rucio-daemons", "storage", "iam")]
LAKE = f"{PORTAL_URL}/datalake/escape/"
Session = Callable[[str], requests.Session]


def known(context: BrowserContext, session: Session) -> Page:
    """A page of the member's."""
    cookies = session("member").cookies
    context.add_cookies(
        [{"name": item.name, "value": item.value or "", "url": PORTAL_URL} for item in cookies if item.name.startswith("vre")]
    )
    return context.new_page()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def member(browser: Browser, request: pytest.FixtureRequest, portal_session: Session) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, base_url=PORTAL_URL)
    yield known(context, portal_session)
    context.close()


def test_data_are_made_available_step_by_step(member: Page, request: pytest.FixtureRequest) -> None:
    scripts = request.node.callspec.params["member"]
    name, _ = dataset()
    member.goto(f"{LAKE}did/{SCOPE}/{name}")
    member.get_by_role("link", name="Replicate…").click()
    member.get_by_label("DEMO-BOLOGNA").check()
    member.get_by_role("button", name="Next").click()
    member.get_by_label("Comment").fill("for a test")
    member.get_by_role("button", name="Next").click()
    expect(member.get_by_role("row", name="DEMO-BOLOGNA")).to_contain_text("100 B")
    member.get_by_role("button", name="Replicate data", exact=True).click()
    expect(member.get_by_role("heading", name="Replicate data")).to_be_visible()
    for _ in range(60):  # where there is no JavaScript a person loads the page again
        if member.locator(".pill[data-state=done]").count():
            break
        member.wait_for_timeout(500)
        if not scripts:
            member.reload()
    expect(member.locator("[hx-trigger='every 2s']")).to_have_count(0)
    member.get_by_role("link", name="View rule").click()
    expect(member.get_by_role("heading", name="1 copy at DEMO-BOLOGNA")).to_be_visible()


def point_at(page: Page, rse: str) -> None:
    """A click where the mark of a storage element is drawn."""
    mark = page.locator("label.place", has=page.locator(f'input[value="{rse}"]')).locator(".place-mark g:visible")
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_mark_on_the_map_and_its_line_in_the_list_are_one_choice(member: Page, width: int) -> None:
    member.set_viewport_size({"width": width, "height": 844})
    member.goto(f"{LAKE}make-available/?dids={SCOPE}:x&step=where")
    bologna, annecy = member.get_by_label("DEMO-BOLOGNA"), member.get_by_label("DEMO-ANNECY")
    ticks = member.locator(".place-mark .tick:visible")
    expect(ticks).to_have_count(0)
    point_at(member, "DEMO-BOLOGNA")
    expect(bologna).to_be_checked()
    expect(ticks).to_have_count(1)
    annecy.focus()
    member.keyboard.press("Space")
    expect(ticks).to_have_count(2)
    point_at(member, "DEMO-BOLOGNA")
    expect(bologna).not_to_be_checked()
    expect(annecy).to_be_checked()
    expect(ticks).to_have_count(1)
    member.get_by_role("button", name="Next").click()
    expect(member.get_by_text("to DEMO-ANNECY. This matches 1 storage element now.")).to_be_visible()


def test_a_files_page_says_why_by_itself_and_the_button_acts(context: BrowserContext, portal_session: Session) -> None:
    page, said = known(context, portal_session), []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    file = upload("member", SCOPE, b"gone in a moment")
    found = on_disk(SCOPE, file, "erlangen")
    assert found
    found.unlink()
    rule_id = add_rule("member", SCOPE, file, "DEMO-ANNECY")
    assert settled("member", rule_id)["state"] == "STUCK"
    page.goto(f"{LAKE}did/{SCOPE}/{file}")
    expect(page.get_by_text("the storage no longer has it")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Retry transfers").click()
    page.goto(f"{LAKE}rules/{rule_id}/")
    expect(page.get_by_role("link", name="Retry transfers")).to_be_visible()
    assert [line for line in said if "Content Security Policy" in line] == []


@pytest.mark.parametrize(
    "path",
    [
        "rules/",
        "rules/?of=all",
        "usage/",
        "acts/",
        "subscriptions/",
        "create/",
        "make-available/",
        "make-available/?dids=user.member:x&step=where",
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(browser: Browser, portal_session: Session, path: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, base_url=PORTAL_URL)  # type: ignore[arg-type]
    page = known(context, portal_session)
    assert (reply := page.goto(f"{LAKE}{path}"))
    assert reply.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
