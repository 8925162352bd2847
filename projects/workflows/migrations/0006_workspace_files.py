import django.db.models.functions.text
from django.db import migrations, models

BATCH = 1000


def list_what_was_not_copied(apps, schema_editor):
    """Runs that ended before: what their list of files names and nobody copied becomes a row, too."""
    Run, RunFile = apps.get_model("workflows", "Run"), apps.get_model("workflows", "RunFile")
    for run in Run.objects.exclude(collected_at=None).only("pk", "files", "collected_at").iterator(chunk_size=50):
        names = {item["name"]: item.get("size") for item in run.files if isinstance(item, dict) and item.get("name")}
        here = set(RunFile.objects.filter(run=run).values_list("path", flat=True))
        RunFile.objects.bulk_create(
            [
                RunFile(
                    run=run, path=name, state="left", is_declared=False, reason="Not copied when the run ended.",
                    size=size if isinstance(size, int) and 0 <= size < 2**63 else None,
                )
                for name, size in names.items()
                if name not in here
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        Run.objects.filter(pk=run.pk).update(listed_at=run.collected_at, files_total=len(names))


class Migration(migrations.Migration):
    dependencies = [("workflows", "0005_specification_faults")]

    operations = [
        migrations.AddField("run", "files_total", models.PositiveIntegerField(default=0, help_text="How many files REANA listed, also those of which no row was made")),
        migrations.AddField("run", "files_note", models.TextField(blank=True, default="", help_text="What the list of files lacks"), preserve_default=False),
        migrations.AddField("run", "listed_at", models.DateTimeField(blank=True, null=True, help_text="When the workspace's files were listed")),
        migrations.AlterField("run", "collected_at", models.DateTimeField(blank=True, null=True, help_text="When nothing was left to be copied")),
        migrations.AlterField("run", "files", models.JSONField(default=list, help_text="Unused: an earlier version listed the workspace here; RunFile has it now")),
        migrations.AddField("keep", "failed", models.JSONField(default=dict, help_text="Path -> why, of the chosen files that could not be kept")),
        migrations.RemoveConstraint("runfile", "an_output_once"),
        migrations.AlterField("runfile", "path", models.TextField(help_text="As REANA lists it, or as the specification declares it where the run did not create it")),
        migrations.AlterField("runfile", "size", models.BigIntegerField(null=True, help_text="As REANA lists it, until it is copied; empty where nobody knows")),
        migrations.AlterField("runfile", "sha256", models.CharField(blank=True, max_length=64)),
        migrations.AlterField("runfile", "file", models.FileField(blank=True, max_length=300, upload_to="runs/%Y/%m/")),
        migrations.AddField("runfile", "attempt", models.PositiveIntegerField(db_default=0, default=0, help_text="Number of the last claim; only its worker may write")),
        migrations.AddField("runfile", "lease_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("runfile", "claims", models.PositiveIntegerField(db_default=0, default=0, help_text="Claims since a worker last said how it went")),
        migrations.AddField("runfile", "tries", models.PositiveIntegerField(db_default=0, default=0, help_text="Attempts that failed in a row")),
        migrations.AddField("runfile", "is_declared", models.BooleanField(default=True, help_text="Whether the specification declares it as an output")),
        migrations.AddField("runfile", "reason", models.TextField(blank=True, default="", help_text="Why it is not copied"), preserve_default=False),
        migrations.AddField("runfile", "state", models.CharField(choices=[("copied", "copied"), ("waiting", "being copied"), ("left", "at REANA"), ("failed", "not copied"), ("missing", "not created")], default="copied", max_length=10)),
        migrations.AddConstraint("runfile", models.UniqueConstraint("run", django.db.models.functions.text.MD5("path"), name="a_workspace_file_once")),
        migrations.AddIndex("runfile", models.Index(condition=models.Q(("state", "waiting")), fields=["run"], name="run_files_waiting")),
        migrations.RunPython(list_what_was_not_copied, migrations.RunPython.noop),
    ]
