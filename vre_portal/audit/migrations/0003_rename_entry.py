from django.db import migrations


class Migration(migrations.Migration):
    """The model has another name; its table, and the triggers that guard it, stay as they are."""

    dependencies = [("audit", "0002_use")]

    operations = [
        migrations.AlterModelTable(name="entry", table="audit_entry"),
        migrations.RenameModel(old_name="Entry", new_name="AuditEntry"),
    ]
