"""The IAM's own session beside ours, and the logout tokens that were used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("iam", "0004_identity")]

    operations = [
        migrations.AddField("usersession", "sid", models.CharField(blank=True, db_default="", default="", max_length=255)),
        migrations.CreateModel(
            name="UsedLogout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=300)),
                ("jti", models.CharField(max_length=255)),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("issuer", "jti"), name="one_use_of_a_logout_token")]},
        ),
    ]
