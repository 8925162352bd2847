from django.db import migrations, models

GUARD = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit record is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
UNGUARD = "DROP TRIGGER audit_no_truncate ON audit_entry; DROP TRIGGER audit_append_only ON audit_entry; DROP FUNCTION audit_refuse();"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=20)),
                ("actor", models.UUIDField(null=True)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("facts", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("previous", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ("-number",),
                "indexes": [
                    models.Index(fields=["action", "-number"], name="audit_by_action"),
                    models.Index(fields=["actor", "-number"], name="audit_by_actor"),
                    models.Index(fields=["subject", "-number"], name="audit_by_subject"),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
