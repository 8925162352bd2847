"""Parts of pages that are remembered, beside pages that are kept."""

import pytest
from django.template import engines

from tests.factories import make_public
from vre_portal import services
from vre_portal.fragments import key_of
from vre_portal.pages import lifetime, part_version


def render(text: str, **context: object) -> str:
    return str(engines["django"].from_string("{% load fragments %}" + text).render(context))


def test_two_parts_of_a_template_with_equal_values_are_two() -> None:
    text = "{% remember a=x %}first{% endremember %}\n{% remember b=x %}second{% endremember %}\n{% remember a=x %}third{% endremember %}"
    for _ in range(2):
        assert render(text, x=False).split() == ["first", "second", "third"]


def test_a_page_that_is_kept_is_made_of_nothing_older() -> None:
    text = "{% remember x=x %}{{ x }}{{ y }}{% endremember %}"
    assert render(text, x=1, y=2) == "1"
    with lifetime.measured():
        assert render(text, x=1) == "1"


@pytest.mark.django_db
def test_a_part_has_another_version_when_its_topics_change_or_other_services_are_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    first, other_topic = key_of(part_version("projects")), key_of(part_version("software"))
    assert key_of(part_version("projects")) == first
    configured = services.services()
    with monkeypatch.context() as changed:
        changed.setattr(services, "_all", lambda: configured[1:])
        assert key_of(part_version("projects")) != first
    make_public(title="Another")
    assert key_of(part_version("projects")) != first
    assert key_of(part_version("software")) == other_topic
