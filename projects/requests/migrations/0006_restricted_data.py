"""Requests for access to restricted data, which the Data Lake kept before, become requests like all others."""

import uuid

from django.db import migrations
from django.utils import timezone

STATES = {
    "asked": "open",
    "granting": "granted",
    "granted": "granted",
    "ending": "granted",
    "ended": "granted",
    "declined": "declined",
    "withdrawn": "withdrawn",
}


def carry_over(apps, schema_editor):
    """Each with its answer as the last line of the thread; its former address leads to it by the key."""
    requests, comments = apps.get_model("requests", "Request").objects, apps.get_model("requests", "RequestComment").objects
    now = timezone.now()
    for row in apps.get_model("lake_access", "AccessRequest").objects.order_by("pk").iterator():
        item = requests.create(
            kind="restricted-data",
            subject=f"{row.lake}/{row.scope}",
            title=f"Access to {row.scope}",
            values={"lake": row.lake, "scope": row.scope},
            by_id=row.by_id,
            key=uuid.uuid5(uuid.NAMESPACE_URL, f"lake-access/{row.pk}"),
            text=row.reason,
            state=STATES[row.state],
            created_at=row.created_at,
            decided_by_id=row.decided_by_id,
            decided_at=row.decided_at,
            decision={"until": row.until.date().isoformat()} if row.until else {},
            answered_at=row.decided_at,
            seen_at=now,
        )
        if row.answer:
            when = row.decided_at or row.changed_at
            comments.create(request=item, by_id=row.decided_by_id, text=row.answer, is_answer=True, created_at=when)


class Migration(migrations.Migration):

    dependencies = [
        ('requests', '0005_answers'),
        ('lake_access', '0005_carry_over'),
    ]
    run_before = [('lake_access', '0006_delete_accessrequest')]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
