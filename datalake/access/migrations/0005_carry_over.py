"""Access that was given before becomes grants of the same numbers: the audit log refers to them."""

from django.db import migrations
from django.db.models import Max

GIVEN = ("granting", "granted", "ending", "ended")
SAME = (
    "id", "attempt", "lease_until", "claims", "tries", "lake", "scope", "subject", "until", "state", "entered", "trouble", "changed_at",
)  # fmt: skip


def carry_over(apps, schema_editor):
    old, new = (apps.get_model("lake_access", name) for name in ("AccessRequest", "AccessGrant"))
    for row in old.objects.filter(state__in=GIVEN).iterator():
        facts = {name: getattr(row, name) for name in SAME}
        new.objects.create(user_id=row.by_id, granted_by_id=row.decided_by_id, granted_at=row.decided_at or row.created_at, **facts)
    # Later numbers come after those of all requests, so that no entry of the audit log means two things.
    following = (old.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [new._meta.db_table, following])


class Migration(migrations.Migration):

    dependencies = [('lake_access', '0004_accessgrant')]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
