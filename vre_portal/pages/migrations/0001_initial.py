"""The versions of what public pages show, and the function by which each change of a watched table makes a new one."""

import django.utils.timezone
from django.db import migrations, models

# A row's statement has a moment of its own: a statement that changes many rows makes one mark. Rows that another transaction holds are left
# to it (SKIP LOCKED), so that nobody waits here and nobody can be in a deadlock.
FUNCTION = """
CREATE FUNCTION pages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text := TG_ARGV[0];
    this bigint := pg_current_xact_id()::text::bigint;
BEGIN
    IF EXISTS (SELECT FROM pages_mark WHERE topic = changed AND transaction = this AND made_at = statement_timestamp()) THEN
        RETURN NULL;
    END IF;
    WITH replaced AS (
        DELETE FROM pages_mark
        WHERE id IN (SELECT id FROM pages_mark WHERE topic = changed FOR UPDATE SKIP LOCKED)
        RETURNING mark
    )
    INSERT INTO pages_mark (topic, mark, transaction, made_at)
    SELECT changed, coalesce(bit_xor(mark), 0) # hashtextextended(gen_random_uuid()::text, 0), this, statement_timestamp() FROM replaced;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=40)),
                ("mark", models.BigIntegerField()),
                ("transaction", models.BigIntegerField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"indexes": [models.Index(fields=["topic"], name="pages_mark_topic")]},
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION pages_changed() CASCADE"),
    ]
