"""The small browser of the demonstration's people: what it reads of a page's forms."""

import pytest

from devstack.portal.browsing import BrowsingError, Page

PAGE = """
<form action="/search/"><input name="q" value=""></form>
<form method="post" action="/keep/"><input type="hidden" name="csrfmiddlewaretoken" value="t&amp;1"><input name="dataset" value="a">
<input type="checkbox" name="chosen" value="1" checked><input type="checkbox" name="chosen" value="2">
<input type="radio" name="where" value="here" checked><input type="radio" name="where" value="everywhere">
<select name="rse"><option value="A">A</option><option value="B" selected>B</option></select>
<select name="first"><option value="C">C</option><option value="D">D</option></select>
<textarea name="text">some
words</textarea><input type="file" name="file"><button name="press" type="submit">Keep</button></form>
"""


def test_a_form_sends_what_a_browser_would_send_unchanged() -> None:
    form = Page("http://portal.example/run/", 200, PAGE).form("dataset")
    assert form.action == "http://portal.example/keep/"
    assert sorted(form.fields) == sorted([
        ("csrfmiddlewaretoken", "t&1"), ("dataset", "a"), ("chosen", "1"), ("where", "here"), ("rse", "B"), ("first", "C"), ("text", "some\nwords"),
    ])  # fmt: skip


def test_a_form_is_known_by_its_address_too_and_a_page_without_it_is_named() -> None:
    page = Page("http://portal.example/run/", 403, PAGE)
    assert page.form("/search/").fields == [("q", "")]
    with pytest.raises(BrowsingError, match=r"http://portal.example/run/ \(403\) has no form with publish"):
        page.form("publish")
