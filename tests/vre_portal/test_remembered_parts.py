"""Two parts of one template that are made of equal values stay two parts."""

from django.template import Context, Engine

SOURCE = """{% load fragments %}{% remember first=seen %}one{% endremember %}
{% remember second=seen %}two{% endremember %}
{% remember second=seen %}three{% endremember %}"""


def test_parts_of_equal_values_are_not_taken_for_each_other() -> None:
    engine = Engine.get_default()
    assert not engine.debug  # as in a deployment: there Django does not say where in a file a tag stands
    for _ in range(2):
        assert engine.from_string(SOURCE).render(Context({"seen": True})).split() == ["one", "two", "three"]
