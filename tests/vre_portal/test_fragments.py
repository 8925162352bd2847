"""Parts of pages that are kept: what they say is what their key says, and nobody gets another person's."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.safestring import SafeString

from tests.factories import make_project
from vre_portal.fragments import Fragments, NotAKey, ShortRequest, filled, fragments, key_of, place_of
from vre_portal.iam.models import User
from vre_portal.pages import unknown_version


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    fragments.clear()
    yield
    fragments.clear()


def page(body: str) -> Template:
    return Template("{% load fragments vre %}" + body)


def shown(template: Template, **values: Any) -> str:
    return template.render(Context(values))


def test_the_same_values_are_rendered_once() -> None:
    template, calls = page("{% remember name=name for more %}{{ name }} {{ more }}{% endremember %}"), []

    def more() -> dict[str, str]:
        calls.append(1)
        return {"more": "words"}

    assert [shown(template, name="a", more=more) for _ in range(3)] == ["a words"] * 3
    assert shown(template, name="b", more=more) == "b words"
    assert len(calls) == 2


def test_two_parts_with_the_same_values_are_two() -> None:
    one, other = "{% remember name=name %}one {{ name }}{% endremember %}", "{% remember name=name %}other {{ name }}{% endremember %}"
    assert shown(page(f"{one}, {other}"), name="a") == "one a, other a"
    assert [shown(page(body), name="a") for body in (one, other)] == ["one a", "other a"]


def test_what_is_not_named_is_not_in_the_part() -> None:
    template = page("{% remember name=name %}{{ name }}{{ secret }}{{ user.email }}{% endremember %}")
    assert shown(template, name="a", secret="ada's", user=SimpleNamespace(email="ada@example.org")) == "a"
    assert shown(template, name="a", secret="bob's") == "a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<b>", SafeString("<b>")),
        (1, True),
        (1, 1.0),
        (0, False),
        ("1", 1),
        (None, ""),
        ([1, 2], (1, 2)),
        ({"a": 1}, {"a": "1"}),
        (["a"], "a"),
    ],
)
def test_values_that_are_shown_differently_have_other_keys(one: Any, other: Any) -> None:
    assert key_of(one) != key_of(other)
    template = page("{% remember value=value %}{{ value }}{% endremember %}")
    assert [shown(template, value=one), shown(template, value=other)] == [
        shown(page("{{ value }}"), value=one), shown(page("{{ value }}"), value=other)
    ]  # fmt: skip


def test_a_form_gets_the_token_of_its_own_page() -> None:
    template = page('{% remember name=name %}<form method="post">{% csrf_token %}{{ name }}</form>{% endremember %}')
    first, second = shown(template, name="a", csrf_token="ada-token"), shown(template, name="a", csrf_token="bob-token")
    assert "ada-token" in first
    assert "bob-token" in second
    assert "ada-token" not in second


def test_nobody_can_write_the_place_of_a_token_into_a_text() -> None:
    template = page("{% remember name=name %}{{ name }}{% endremember %}")
    assert "ada-token" not in shown(template, name="csrf_token", csrf_token="ada-token")
    assert filled(place_of("next"), {"next": '"><script>'}) == "&quot;&gt;&lt;script&gt;"


def test_what_does_not_say_all_that_it_holds_is_rendered_each_time() -> None:
    template = page("{% remember thing=thing %}{{ thing.word }}{% endremember %}")
    thing = SimpleNamespace(word="first")
    assert shown(template, thing=thing) == "first"
    thing.word = "second"
    assert shown(template, thing=thing) == "second"
    with pytest.raises(NotAKey):
        key_of(thing)


def test_nothing_is_kept_while_versions_are_not_known() -> None:
    template = page("{% remember version=version for more %}{{ word }}{% endremember %}")
    assert [shown(template, version=unknown_version(), more={"word": word}) for word in ("one", "two")] == ["one", "two"]


@pytest.mark.django_db
def test_a_changed_row_is_another_key() -> None:
    project = make_project(title="Before")
    before, template = key_of(project), page("{% remember project=project %}{{ project.title }}{% endremember %}")
    assert shown(template, project=project) == "Before"
    type(project).objects.filter(pk=project.pk).update(title="After")  # no time of change is written by this
    project.refresh_from_db()
    assert key_of(project) != before
    assert shown(template, project=project) == "After"
    with pytest.raises(NotAKey):
        key_of(type(project).objects.only("title").get(pk=project.pk))


def test_people_with_the_same_name_have_other_keys() -> None:
    issuer = "https://iam.example/"
    assert key_of(User(issuer=issuer, subject="a", name="Same", orcid="")) != key_of(
        User(issuer=issuer, subject="b", name="Same", orcid="")
    )


def test_a_part_is_forgotten_after_a_minute_and_large_ones_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, now = Fragments(max_bytes=120), [0.0]
    monkeypatch.setattr("vre_portal.fragments.time.monotonic", lambda: now[0])
    kept.put("a", "x" * 60)
    now[0] = 59.0
    assert kept.get("a") == "x" * 60
    kept.put("b", "y" * 60)
    assert kept.get("a") is None, "the oldest goes where both do not fit"
    now[0] = 120.0
    assert kept.get("b") is None
    kept.put("c", "z" * 300_000)
    assert kept.get("c") is None


def test_a_part_that_is_rendered_again_is_counted_once() -> None:
    kept = Fragments(max_bytes=100)
    kept.put("other", "y" * 30)
    for _ in range(5):
        kept.put("a", "x" * 60)
    assert (kept.get("other"), kept.get("a")) == ("y" * 30, "x" * 60)


def test_the_frame_knows_the_part_of_the_portal_and_the_search_alone() -> None:
    short = ShortRequest(RequestFactory().get("/search/everything/?q=muon&before=3"))
    assert short.fragment_key() == ("/search/", "muon")
    assert ShortRequest(RequestFactory().get("/projects/km3net/people/?q=muon")).fragment_key() == ("/projects/", "")
    assert not hasattr(short, "COOKIES")
    assert ShortRequest(None).path == "/"


def test_a_value_without_a_name_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        page("{% remember project %}x{% endremember %}")


def test_what_a_key_holds_counts_towards_the_room() -> None:
    kept = Fragments(max_bytes=10_000)
    for number in range(100):
        kept.put((number, "logs of a run" * 70), "a short part")
    assert len(kept._parts) <= 11
    kept.put(("large", "x" * 300_000), "a short part")
    assert kept.get(("large", "x" * 300_000)) is None
