"""Every question that the portal asks a cache has an answer while Redis is away."""

from vre_portal.cache import ForgetfulCache


def test_no_question_is_an_error() -> None:
    away = ForgetfulCache("redis://127.0.0.1:1/0", {})
    assert away.add("a", 1) is False
    assert away.get("a", 2) == 2
    assert away.get_many(["a", "b"]) == {}
    assert away.get_or_set("a", 3) == 3
    assert away.touch("a", 1) is False
    assert away.delete("a") is False
    assert away.has_key("a") is False
    assert away.set_many({"a": 1}) == ["a"]
    away.set("a", 1)
    away.delete_many(["a"])
