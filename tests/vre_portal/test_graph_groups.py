"""Equal steps side by side become one; a chain of equal names, and what would close a circle, stays apart."""

from vre_portal.graph import GraphStep, groups


def names(steps: list[GraphStep]) -> list[tuple[str, int]]:
    return [(steps[found[0]].name, len(found)) for found in groups(steps)]


def scatter(*stages: str, width: int = 24) -> list[GraphStep]:
    return [
        GraphStep(stage, key=f"{stage}{n}", after=(f"{stages[place - 1]}{n}",) if place else ("fetch",))
        for place, stage in enumerate(stages)
        for n in range(width)
    ]


def test_the_jobs_of_a_scatter_are_one_also_where_they_go_on_one_by_one() -> None:
    steps = [GraphStep("fetch"), *scatter("generate", "fit"), GraphStep("merge", after=tuple(f"fit{n}" for n in range(24)))]
    assert names(steps) == [("fetch", 1), ("generate", 24), ("fit", 24), ("merge", 1)]


def test_a_few_equal_steps_stay_apart() -> None:
    assert names([GraphStep("fetch"), *scatter("fit", width=3)]) == [("fetch", 1), ("fit", 1), ("fit", 1), ("fit", 1)]


def test_a_chain_of_equal_names_stays_a_chain() -> None:
    assert names([GraphStep("fit", key=str(n), after=(str(n - 1),) if n else ()) for n in range(6)]) == [("fit", 1)] * 6


def test_groups_that_would_wait_for_each_other_stay_apart_and_others_do_not() -> None:
    turns = [GraphStep("ab"[n % 2], key=str(n), after=(str(n - 1),) if n else ()) for n in range(8)]
    assert names([*turns, GraphStep("fetch"), *scatter("fit")]) == [*[("a", 1), ("b", 1)] * 4, ("fetch", 1), ("fit", 24)]
