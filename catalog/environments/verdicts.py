"""What the tests of environments say of their current versions: the same on the list and on the page of one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion


@dataclass(frozen=True)
class Verdict:
    """The last test that passed, whether it is of the current version, and a later one of the current version that failed."""

    passed: EnvironmentTest | None = None
    is_current: bool = False
    failed_since: EnvironmentTest | None = None


def verdicts(environments: Iterable[Environment]) -> dict[int, Verdict]:
    """By environment; one without a test that ended is left out."""
    current = {item.pk: item.current for item in environments}
    ended: dict[int, list[EnvironmentTest]] = defaultdict(list)
    for test in EnvironmentTest.objects.ended().filter(environment__in=current).select_related("version").defer("results", "memo", "words"):
        ended[test.environment_id].append(test)
    return {pk: _verdict(tests, current[pk]) for pk, tests in ended.items()}


def _verdict(tests: Sequence[EnvironmentTest], version: EnvironmentVersion | None) -> Verdict:
    """Of tests with the last first."""
    passed = [test for test in tests if test.state == EnvironmentTest.State.PASSED]
    if version is None:
        return Verdict(next(iter(passed), None))
    deciding = next((test for test in tests if test.confirms(version) or test.contradicts(version)), None)
    confirming = next((test for test in passed if test.confirms(version)), None)
    return Verdict(
        passed=confirming or next(iter(passed), None),
        is_current=confirming is not None,
        failed_since=deciding if deciding and deciding.contradicts(version) else None,
    )
