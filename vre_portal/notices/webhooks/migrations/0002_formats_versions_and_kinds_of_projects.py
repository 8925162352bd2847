"""The format of messages, a version against lost edits, how long the last answer took; and no choices of what never concerns a project."""

from typing import Any

from django.db import migrations, models

OF_PROJECTS = {
    "news.posted", "projects.joined", "projects.published", "results.copied", "results.copy_stuck", "results.not_kept", "runs.failed",
    "runs.finished", "runs.published", "runs.stopped",
}  # fmt: skip


def leave_kinds_of_projects(apps: Any, _editor: Any) -> None:
    """Of the kinds that leads chose, those of which a project's webhook ever got an event."""
    webhooks = apps.get_model("webhooks", "Webhook")
    for pk, kinds in webhooks.objects.exclude(kinds=[]).values_list("pk", "kinds"):
        left = [kind for kind in kinds if kind in OF_PROJECTS]
        if left != kinds:
            webhooks.objects.filter(pk=pk).update(kinds=left)


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="message_format",
            field=models.CharField(
                choices=[
                    ("event", "Events as signed JSON, for scripts and services"),
                    ("chat", "Chat messages, for Mattermost, Slack or Rocket.Chat"),
                ],
                default="event",
                max_length=10,
                verbose_name="format",
            ),
        ),
        migrations.AddField(model_name="webhook", name="version", field=models.PositiveIntegerField(default=1)),
        migrations.AddField(model_name="webhook", name="last_seconds", field=models.FloatField(default=0)),
        migrations.RunPython(leave_kinds_of_projects, migrations.RunPython.noop),
    ]
