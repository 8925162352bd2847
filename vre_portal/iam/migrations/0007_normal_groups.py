"""Names of groups in rules as NFC has them, as they come from the IAMs from now on."""

import unicodedata
from typing import Any

from django.db import migrations

LESSER_FIRST = ("viewer", "member", "lead")


def normalize(apps: Any, _: Any) -> None:
    """Where a project has a rule under both spellings the lesser role stays: nobody is to get more by this."""
    membership = apps.get_model("projects", "Membership")
    for row in membership.objects.exclude(group="").iterator():
        group = unicodedata.normalize("NFC", row.group)
        if group == row.group:
            continue
        twin = membership.objects.filter(project=row.project_id, group=group).first()
        if twin is None:
            membership.objects.filter(pk=row.pk).update(group=group)
            continue
        if rank(row.role) < rank(twin.role):
            membership.objects.filter(pk=twin.pk).update(role=row.role)
        membership.objects.filter(pk=row.pk).delete()


def rank(role: str) -> int:
    return LESSER_FIRST.index(role) if role in LESSER_FIRST else 0


class Migration(migrations.Migration):
    dependencies = [("iam", "0006_identity_groups"), ("projects", "0002_embargo")]

    operations = [migrations.RunPython(normalize, migrations.RunPython.noop, elidable=True)]
