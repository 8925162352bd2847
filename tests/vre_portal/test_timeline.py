"""Bars stand on one scale, side by side where they overlap, at least a line wide, and bounded in number of rows."""

import re

from vre_portal.timeline import MAX_ROWS, Span, timeline


def bars(path: str) -> list[tuple[float, float, float]]:
    """Left, top and width of each bar."""
    return [(float(x), float(y), float(w)) for x, y, w in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v", path)]


def test_nothing_that_began_is_no_timeline() -> None:
    assert timeline([], 100) is None


def test_a_job_that_runs_goes_on_until_now() -> None:
    scale = timeline([Span(0, 50), Span(50)], 100)
    assert scale is not None
    assert scale.seconds == 100
    (one,) = scale.lane([Span(50, None, "running")]).bars
    assert bars(one.path) == [(500, 0, 500)]


def test_jobs_that_overlap_stand_in_rows_of_their_own_up_to_a_bound() -> None:
    spans = [Span(0, 10, "finished") for _ in range(500)]
    scale = timeline(spans, 10)
    assert scale is not None
    lane = scale.lane(spans)
    assert len(bars(lane.bars[0].path)) == 500
    assert len({top for _, top, _ in bars(lane.bars[0].path)}) == MAX_ROWS
    assert lane.height < 100


def test_jobs_one_after_the_other_share_a_row() -> None:
    spans = [Span(0, 10, "finished"), Span(10, 20, "failed"), Span(20, 30, "finished")]
    scale = timeline(spans, 30)
    assert scale is not None
    lane = scale.lane(spans)
    assert {item.state: len(bars(item.path)) for item in lane.bars} == {"finished": 2, "failed": 1}
    assert {top for item in lane.bars for _, top, _ in bars(item.path)} == {0}


def test_times_that_go_backwards_or_are_equal_are_drawn_as_a_line() -> None:
    spans = [Span(10, 5, "finished"), Span(10, 10, "finished")]
    scale = timeline(spans, 0)
    assert scale is not None
    assert scale.seconds == 0
    assert [width for _, _, width in bars(scale.lane(spans).bars[0].path)] == [0, 0]
    assert scale.ticks == ()


def test_ticks_are_round_and_few() -> None:
    for seconds in (3, 59, 600, 7000, 90_000, 10_000_000):
        scale = timeline([Span(0, seconds)], 0)
        assert scale is not None
        assert 1 <= len(scale.ticks) <= 5
        assert all(0 < place <= 1000 for _, place in scale.ticks)
