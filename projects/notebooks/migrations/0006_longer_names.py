from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notebooks", "0005_hub_logout")]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="did",
            field=models.CharField(blank=True, help_text="Those data, as scope:name", max_length=600),
        ),
    ]
