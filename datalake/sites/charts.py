"""The space of a storage element over time, as a chart with sizes and dates for its axes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from datalake.sites.models import Sample
from vre_portal.charts import Chart, Series, Tick, line_chart

UNITS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"))


def usage_chart(samples: Sequence[Sample], now: datetime) -> Chart | None:
    """Used and all space; None until there are two samples."""
    if len(samples) < 2:
        return None
    most = max(max(item.used, item.total or 0) for item in samples)
    factor, unit = next(((factor, unit) for factor, unit in UNITS if most >= factor), UNITS[-1])

    def days(at: datetime) -> float:
        return (at - now) / timedelta(days=1)

    series = [Series(_("used"), [(days(item.at), item.used / factor) for item in samples])]
    if any(item.total is not None for item in samples):
        series.append(Series(_("total"), [(days(item.at), item.total / factor) for item in samples if item.total is not None]))
    chart = line_chart([*series, Series("", [(0.0, 0.0)])], "", unit)
    return replace(chart, lines=chart.lines[:-1], x_ticks=tuple(_dated(tick, now) for tick in chart.x_ticks))


def _dated(tick: Tick, now: datetime) -> Tick:
    """A number of days as the date that it is; within a day, as a time."""
    days = float(tick.label)
    if not days:
        return Tick(tick.at, pgettext("time", "now"))
    at = now + timedelta(days=days)
    return Tick(tick.at, f"{at:%H:%M}" if days % 1 else date_format(at, "j M"))
