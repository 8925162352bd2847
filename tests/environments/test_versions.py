"""Conditions on packages, and how lists differ."""

import pytest

from catalog.environments.models import Package
from catalog.environments.versions import NotACondition, PackageChange, condition, differences, is_later


@pytest.mark.parametrize(
    ("text", "version", "holds"),
    [
        ("gammapy", "", True),
        ("gammapy>=1.2", "1.10", True),
        ("gammapy ≥ 1.2", "1.2", True),
        ("gammapy>=1.2", "1.2rc1", False),
        ("gammapy>1.2", "1.2", False),
        ("gammapy<2", "1.9.9", True),
        ("gammapy=1.2", "1.2.0", True),
        ("gammapy!=1.2", "1.3", True),
        ("gammapy>=1.2", "", False),
        ("openssl>=1.1.1", "1.1.1w", True),
        ("openssl>=1.1.2", "1.1.1w", False),
        ("tzdata>=2024a", "2025b", True),
        ("jpeg<9e", "9d", True),
        ("torch==2.1.0", "2.1.0+cu121", True),
        ("torch>2.1.0", "2.1.0+cu121", False),
        ("scipy<2.0", "2.0rc1", False),
        ("scipy>=2.0rc1", "2.0rc2", True),
        ("libc6>=2.0", "1:1.9", False),
        ("libc6>=2.0", "1:2.3", True),
    ],
)
def test_a_condition_holds(text: str, version: str, *, holds: bool) -> None:
    assert condition(text).holds_for(version) is holds


@pytest.mark.parametrize("text", ["", ">=1", "a>=", "a b", "a>=1,<2", "a>=<1", "é", "a" * 500])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(NotACondition):
        condition(text)


def test_later_versions_are_found_also_where_they_are_not_pythons() -> None:
    assert is_later("1.1.1w", "1.1.1a")
    assert not is_later("2024a", "2024b")
    assert not is_later("1.0", "1")


def test_lists_differ_package_by_package() -> None:
    def rows(**versions: str) -> list[Package]:
        return [Package(key=name, name=name, version=version) for name, version in versions.items()]

    found = differences(rows(a="1", b="2", c="3", d="4", e=""), rows(a="1", b="2.1", c="2.9", e="5", f="6"))
    assert [(item.name, item.kind) for item in found] == [
        ("b", "upgraded"), ("c", "downgraded"), ("d", "removed"), ("e", "changed"), ("f", "added"),
    ]  # fmt: skip
    assert all(item.label for item in found)
    assert PackageChange("x", "a", "b").kind == "upgraded"
