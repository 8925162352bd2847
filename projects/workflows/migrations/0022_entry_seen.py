from django.db import migrations, models

WORDS = "Number of the version that was current when the person began to change the workflow"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0021_run_page")]

    operations = [migrations.AddField("entry", "seen", models.PositiveIntegerField(blank=True, null=True, help_text=WORDS))]
