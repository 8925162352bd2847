import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0006_workspace_files"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("run", "published_at", models.DateTimeField(blank=True, null=True, help_text="Since when it is for everybody who sees the project")),
        migrations.AddField("run", "published_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.AddField(
            "run", "was_public", models.BooleanField(default=False, help_text="Everybody could read it before runs were for members; the leads have not decided yet")
        ),
        migrations.CreateModel(
            name="RunOrigin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lake", models.CharField(max_length=60)),
                ("scope", models.CharField(max_length=300)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, help_text="When an owner of these data agreed that the run is published")),
                ("confirmed_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="origins", to="workflows.run")),
            ],
            options={"ordering": ("lake", "scope")},
        ),
        migrations.AddConstraint("runorigin", models.UniqueConstraint(fields=("run", "lake", "scope"), name="an_origin_once")),
    ]
