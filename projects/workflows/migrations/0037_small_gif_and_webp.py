"""GIF and WebP count among the pictures of runs: large ones that are here get a small copy."""

from typing import Any

from django.db import migrations
from django.db.models import Q

WHOLE_BYTES = 256 * 1024


def want(apps: Any, _schema: Any) -> None:
    files = apps.get_model("workflows", "RunFile").objects.filter(state="copied", thumbnail_state="", size__gt=WHOLE_BYTES)
    files.filter(Q(path__iendswith=".gif") | Q(path__iendswith=".webp")).update(thumbnail_state="wanted")


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0036_lost_entry"),
    ]

    operations = [
        migrations.RunPython(want, migrations.RunPython.noop, elidable=True),
    ]
