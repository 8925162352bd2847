"""Groups of each identity, and when its IAM said so; today's are those of the identity in use. All names as NFC has them."""

import unicodedata
from typing import Any

from django.db import migrations, models


def fill(apps: Any, _: Any) -> None:
    """Give the groups that a person has to the identity that they came from."""
    user, identity = apps.get_model("iam", "User"), apps.get_model("iam", "Identity")
    for row in user.objects.exclude(groups=[]).iterator():
        groups = sorted({unicodedata.normalize("NFC", name) for name in row.groups if isinstance(name, str)})
        if groups != row.groups:
            user.objects.filter(pk=row.pk).update(groups=groups)
        mine = identity.objects.filter(user=row, issuer=row.issuer, subject=row.subject)
        mine.update(groups=groups, groups_seen_at=row.groups_seen_at)


class Migration(migrations.Migration):
    dependencies = [("iam", "0005_backchannel")]

    operations = [
        migrations.AddField(
            "identity", "groups", models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list)
        ),
        migrations.AddField("identity", "groups_seen_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("identity", "groups_left_out", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
