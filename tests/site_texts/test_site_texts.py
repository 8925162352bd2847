"""The texts that staff edit: who may, what is kept, and two editors at once."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.site_texts import services
from vre_portal.site_texts.blocks import BLOCKS
from vre_portal.site_texts.models import TextVersion

SignIn = Callable[..., Client]
EDIT = "/about/edit/joining/"
pytestmark = pytest.mark.django_db


def save(browser: Client, text: str, seen: int = 0, **more: str) -> Any:
    return browser.post(EDIT, {"text": text, "seen": seen, **more})


def test_a_text_is_on_the_start_page_for_the_very_next_visitor(signed_in: SignIn) -> None:
    before = Client().get("/").content.decode()
    assert "sign in with your experiment" in before
    assert save(signed_in("admin"), "Ask **the office**.").status_code == 302
    page = Client().get("/").content.decode()
    assert "<p>Ask <strong>the office</strong>.</p>" in page
    assert "sign in with your experiment" not in page
    assert AuditEntry.objects.get(action="text.edit").subject == "text/joining"


@pytest.mark.parametrize("name", list(BLOCKS))
def test_an_editor_begins_with_what_the_text_says(signed_in: SignIn, name: str) -> None:
    block = BLOCKS[name]
    browser, where = signed_in("admin"), f"/about/edit/{name}/"
    opened = browser.get(where)
    assert opened.context["form"].initial == {"text": block.default(), "seen": 0}
    assert f'action="{where}"' in opened.content.decode()
    browser.post(where, {"text": "Other words", "seen": 0})
    assert browser.get(where).context["form"].initial == {"text": "Other words", "seen": 1}


@pytest.mark.parametrize("visitor", ["outsider", "lead"])
def test_nobody_but_staff_learns_that_there_is_an_editor(signed_in: SignIn, visitor: str) -> None:
    assert save(signed_in(visitor), "Mine").status_code == 404
    assert signed_in(visitor).post("/about/edit/joining/restore/", {"number": 0, "seen": 0}).status_code == 404
    assert not TextVersion.objects.exists()
    assert "/about/edit/" not in signed_in(visitor).get("/").content.decode()


def test_staff_whose_sign_in_is_old_prove_it_before_the_editor_opens_and_lose_no_text(people: dict[str, User]) -> None:
    browser = Client()
    browser.force_login(people["admin"])
    opened = browser.get(EDIT)
    assert opened.status_code == 302
    assert opened["Location"].startswith("/accounts/login/?next=")
    assert save(browser, "Written for an hour").status_code == 302
    assert services.present_text(BLOCKS["joining"]).text == "Written for an hour"


def test_the_second_of_two_editors_is_shown_the_difference_and_loses_nothing(signed_in: SignIn) -> None:
    first, second = signed_in("admin"), signed_in("admin")
    assert save(first, "The first text").status_code == 302
    refused = save(second, "The second text")
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "The first text" in page
    assert "The second text" in page
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    assert save(second, "The second text", int(seen[1])).status_code == 302
    assert services.present_text(BLOCKS["joining"]).text == "The second text"


def test_sending_a_text_twice_saves_it_once(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    assert [save(browser, "Once").status_code for _ in range(2)] == [302, 302]
    assert TextVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_in_the_same_moment_one_is_told(people: dict[str, User]) -> None:
    barrier, outcomes = threading.Barrier(2), []

    def work(text: str) -> None:
        barrier.wait()
        try:
            services.save_text(by=people["admin"], block=BLOCKS["joining"], seen=0, text=text)
            outcomes.append("saved")
        except services.ChangedMeanwhile as conflict:
            outcomes.append("told" if conflict.text.number == 1 else "wrong")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"Text {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]
    assert TextVersion.objects.count() == AuditEntry.objects.filter(action="text.edit").count() == 1


def test_an_earlier_version_is_restored_as_a_new_one(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    for seen, text in enumerate(("First", "Second")):
        save(browser, text, seen)
    restored = browser.post("/about/edit/joining/restore/", {"number": 1, "seen": 2})
    assert restored.status_code == 302
    assert [(item.number, item.text, item.restored) for item in TextVersion.objects.all()] == [
        (3, "First", 1), (2, "Second", None), (1, "First", None),
    ]  # fmt: skip
    history = browser.get("/about/edit/joining/history/").content.decode()
    assert history.count('action="/about/edit/joining/restore/"') == 3
    browser.post("/about/edit/joining/restore/", {"number": 0, "seen": 3})
    assert services.present_text(BLOCKS["joining"]).text == BLOCKS["joining"].default()


def test_a_restore_over_a_newer_text_changes_nothing(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    for seen, text in enumerate(("First", "Second")):
        save(browser, text, seen)
    answer = browser.post("/about/edit/joining/restore/", {"number": 1, "seen": 1}, follow=True)
    assert "Not restored" in answer.content.decode()
    assert services.present_text(BLOCKS["joining"]).text == "Second"


@pytest.mark.parametrize("body", [{"number": 9, "seen": 0}, {"number": "x"}, {}])
def test_a_version_that_is_not_there_cannot_be_restored(signed_in: SignIn, body: dict[str, Any]) -> None:
    assert signed_in("admin").post("/about/edit/joining/restore/", body).status_code == 404


def test_a_preview_shows_the_text_and_saves_nothing(signed_in: SignIn) -> None:
    page = save(signed_in("admin"), "*Soft* <script>alert(1)</script>", do="preview").content.decode()
    assert "<em>Soft</em>" in page
    assert "<script>alert" not in page
    assert not TextVersion.objects.exists()


@pytest.mark.parametrize("text", ["", "\u202eturned", "a\0b", "\u200b", "x" * 301])
def test_a_line_that_cannot_be_read_is_refused(signed_in: SignIn, text: str) -> None:
    answer = signed_in("admin").post("/about/edit/headline/", {"text": text, "seen": 0})
    assert answer.status_code == 400
    assert not TextVersion.objects.exists()


@pytest.mark.parametrize("name", ["references", "operator"])
@pytest.mark.parametrize("text", ["turned \u202etxet", "isolated \u2066txet", "\u200d\u200d"])
def test_a_text_that_nobody_can_read_is_refused_and_stands_in_its_editor(signed_in: SignIn, name: str, text: str) -> None:
    answer = signed_in("admin").post(f"/about/edit/{name}/", {"text": text, "seen": 0})
    assert answer.status_code == 400
    assert text in answer.content.decode()
    assert not TextVersion.objects.exists()


def test_a_text_of_many_lines_in_any_script_is_saved(signed_in: SignIn) -> None:
    save(signed_in("admin"), "# Head\r\n\r\n\tcode\r\nنمی\u200cخواهم")
    assert TextVersion.objects.get().text == "# Head\n\n\tcode\nنمی\u200cخواهم"


def test_colours_of_a_terminal_are_taken_out_of_a_text(signed_in: SignIn) -> None:
    save(signed_in("admin"), "an \x1b[31merror\x1b[0m")
    assert TextVersion.objects.get().text == "an error"


def test_hostile_markdown_is_shown_as_text(signed_in: SignIn) -> None:
    save(signed_in("admin"), '<img src=x onerror=alert(1)> [a](javascript:alert(1)) <iframe src="//x">')
    page = Client().get("/").content.decode()
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page
    assert "<iframe" not in page


def test_the_export_of_a_person_has_the_texts_that_they_saved(signed_in: SignIn) -> None:
    browser = signed_in("admin")
    save(browser, "Ask the office.")
    rows = browser.get("/me/export/").json()["site_texts.textversion"]
    assert [row["text"] for row in rows] == ["Ask the office."]
