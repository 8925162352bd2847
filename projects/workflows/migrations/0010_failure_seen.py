from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0009_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="failure_seen_at",
            field=models.DateTimeField(
                blank=True, help_text="When the person who launched it first opened its page after it had failed", null=True
            ),
        ),
    ]
