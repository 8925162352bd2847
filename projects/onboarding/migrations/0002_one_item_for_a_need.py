"""What exists for a need stands below one item: the rows that were items of their own are carried over."""

from itertools import groupby
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

DONE, OPEN, NOT_NEEDED = "done", "open", "not needed"
PUBLIC = "public"  # the audience of everybody


def group_matches(apps: Any, _schema: Any) -> None:
    """One item for each need of a plan that had matches: that of its request or gap, or the first of them."""
    items, matches = apps.get_model("onboarding", "PlanItem").objects, apps.get_model("onboarding", "PlanMatch").objects
    rows = items.filter(source="match").order_by("plan_id", "step", "need", "position", "pk")
    for (plan, step, _need), found in groupby(rows.iterator(), key=lambda row: (row.plan_id, row.step, row.need or row.pk)):
        old = list(found)
        need = old[0].need
        of_need = models.Q(source="request", need=need) | models.Q(source="gap", title=need)
        item = items.filter(of_need, plan_id=plan, step=step).order_by("pk").first() if need else None
        keeps_state = item is not None
        item = item or old[0]
        for position, row in enumerate(old, 1):
            matches.create(item=item, position=position, title=row.title, why=row.why, url=row.url, audience=row.audience)
        join(item, old, keeps_state=keeps_state)
        items.filter(pk__in=[row.pk for row in old if row.pk != item.pk]).delete()


def join(item: Any, old: list[Any], *, keeps_state: bool) -> None:
    """What people noted at the rows, at the item that is left of them."""
    every = [(item, item.audience), *((row, row.audience) for row in old if row.pk != item.pk)]
    if not keeps_state:
        states = {row.state for row in old}
        chosen = next(state for state in (DONE, OPEN, NOT_NEEDED) if state in states)
        ticked = next((row for row in old if row.state == chosen and row.ticked_at), item)
        item.state, item.ticked_by_id, item.ticked_at = chosen, ticked.ticked_by_id, ticked.ticked_at
        if item.need:  # else its title is that of a match, which not everybody may know of
            item.title, item.why, item.url, item.audience = item.need, "", "", ""
    # What was noted at a match that not everybody may know of may name it: it does not move to an item that all may read.
    open_rows = [row for row, audience in every if audience in ("", PUBLIC, item.audience)]
    item.person = next((row.person for row in open_rows if row.person), "")
    item.due = min((row.due for row in open_rows if row.due), default=None)
    item.note = " / ".join(dict.fromkeys(row.note for row in open_rows if row.note))[:500]
    item.save()


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PlanMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                ("title", models.CharField(max_length=300)),
                ("why", models.CharField(blank=True, max_length=600)),
                ("url", models.CharField(blank=True, max_length=600)),
                ("audience", models.TextField(blank=True)),
                (
                    "item",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="onboarding.planitem"),
                ),
            ],
            options={"ordering": ("position", "pk")},
        ),
        migrations.RunPython(group_matches, migrations.RunPython.noop),
    ]
