import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Everybody's own identity becomes a row, and each token knows who issued it."""
    user, identity, token = (apps.get_model("iam", name) for name in ("User", "Identity", "Token"))
    rows = user.objects.values_list("pk", "issuer", "subject", "name", "date_joined", "last_login").iterator(chunk_size=2000)
    identity.objects.bulk_create(
        (
            identity(user_id=pk, issuer=issuer, subject=subject, name=name, linked_at=joined, used_at=used)
            for pk, issuer, subject, name, joined, used in rows
        ),
        batch_size=2000,
    )
    token.objects.update(issuer=Subquery(user.objects.filter(pk=OuterRef("user_id")).values("issuer")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("iam", "0003_user_session"),
    ]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handle", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("issuer", models.CharField(max_length=300)),
                ("subject", models.CharField(max_length=255)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("linked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="identities", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("linked_at",),
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_per_identity"),
                    models.UniqueConstraint(fields=("user", "issuer"), name="one_identity_per_iam"),
                ],
            },
        ),
        migrations.AddField(
            model_name="token",
            name="issuer",
            field=models.CharField(blank=True, db_default="", max_length=300),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
