"""A page's form gets back what was typed: each sort of field, the right one of several forms, and never as markup."""

import pytest

from vre_portal.form_drafts.filling import fill_in

PAGE = """<!doctype html><body>
<form method="get" action="/x/"><input name="title" value="search"></form>
<form action="/other/" method="post"><input name="title" value="other"></form>
<form
  method="post" class="form" action="?again=1"><input type="hidden" name="csrfmiddlewaretoken" value="new">
<input type="hidden" name="version" value="now"><input type="hidden" name="row" value="7">
<input type="text" name="title" value="old &amp; &quot;quoted&quot;" required id="id_title"><input name="empty">
<textarea name="text" rows="3">
old &lt;b&gt; text</textarea>
<select name="role"><option value="lead">lead</option><option value="member" selected>member</option></select>
<input type="checkbox" name="paths" value="a" checked><input type="checkbox" name="paths" value="b"><input type="checkbox" name="sure" checked>
<input type="radio" name="one" value="1" checked><input type="radio" name="one" value="2">
<input type="password" name="word"><input type="file" name="picture"><button name="do" value="save">Save</button></form></body>"""
TYPED = {"version": ["seen"], "row": ["7"], "title": ['"><script>alert(1)</script>'], "text": ["</textarea><script>x</script>\nsecond"], "role": ["lead"],
         "paths": ["b"], "one": ["2"], "do": ["save"], "word": ["never"]}  # fmt: skip


def fill(page: str = PAGE, path: str = "/x/", **changes: list[str]) -> str | None:
    return fill_in(page, "/x/?kept=1", path, {**TYPED, **changes}, "<p>NOTICE</p>")


def test_each_sort_of_field_holds_what_was_typed_and_nothing_is_markup() -> None:
    page = fill() or ""
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" required id="id_title">' in page
    assert '<textarea name="text" rows="3">\n&lt;/textarea&gt;&lt;script&gt;x&lt;/script&gt;\nsecond</textarea>' in page
    assert '<option value="lead" selected>lead</option><option value="member">' in page
    assert '<input type="checkbox" name="paths" value="a"><input type="checkbox" name="paths" value="b" checked>' in page
    assert '<input type="checkbox" name="sure">' in page
    assert '<input type="radio" name="one" value="1"><input type="radio" name="one" value="2" checked>' in page
    assert 'name="version" value="seen"' in page
    assert "<script>" not in page
    assert page.count("NOTICE") == 1
    assert page.index("NOTICE") > page.index('action="?again=1"')


def test_what_is_not_typed_stays_as_the_page_has_it() -> None:
    page = fill() or ""
    for kept in ('name="csrfmiddlewaretoken" value="new"', '<input name="title" value="search">', '<input name="title" value="other">',
                 '<input name="empty">', '<input type="password" name="word">', '<input type="file" name="picture">'):  # fmt: skip
        assert kept in page
    assert page.startswith("<!doctype html>")
    assert page.endswith("</form></body>")


def test_another_line_of_a_list_is_another_form() -> None:
    assert fill(row=["8"]) is None


@pytest.mark.parametrize("path", ["/y/", "/x", "/"])
def test_a_form_that_posts_elsewhere_is_left_alone(path: str) -> None:
    assert fill(path=path) is None


def test_a_form_with_nothing_to_type_in_is_left_alone() -> None:
    buttons = '<form method="post" action="/x/"><input type="hidden" name="end" value="a"><button>End a</button></form>'
    assert fill_in(buttons, "/x/", "/x/", {"end": ["b"]}, "") is None


@pytest.mark.parametrize(
    "page", ["", "<", "<form method=post", "<form method=post action=/x/><textarea name=title>", "\0\u202e<form><form>"]
)
def test_no_page_is_too_odd(page: str) -> None:
    fill(page)
