"""The help text of a group names no experiment; no change of a table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0002_embargo"),
    ]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="group",
            field=models.CharField(blank=True, help_text="IAM group, such as experiment/analysis", max_length=200),
        ),
    ]
