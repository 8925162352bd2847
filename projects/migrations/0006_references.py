"""References with a description, a note and an order, which is at first the order in which they were added."""

from django.db import migrations, models

ORDER = """
UPDATE projects_resource SET position = numbered.position
FROM (SELECT id, row_number() OVER (PARTITION BY project_id ORDER BY id) AS position FROM projects_resource) AS numbered
WHERE projects_resource.id = numbered.id
"""
KINDS = [
    ("did", "data"), ("software", "software"), ("paper", "paper or record"), ("arxiv", "arXiv preprint"), ("person", "person"),
    ("git", "git repository"), ("environment", "container image"), ("ivo", "VO resource"), ("link", "web address"), ("result", "kept result"),
]  # fmt: skip


class Migration(migrations.Migration):
    """projects_resource."""

    dependencies = [("projects", "0005_describe")]

    operations = [
        migrations.AlterModelOptions(name="resource", options={"ordering": ("position", "pk")}),
        migrations.AlterField("resource", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.AlterField("resource", "title", models.CharField(blank=True, max_length=300, verbose_name="title")),
        migrations.AddField("resource", "description", models.TextField(blank=True, default="", max_length=2000, verbose_name="description"), False),
        migrations.AddField("resource", "note", models.CharField(blank=True, default="", max_length=500, verbose_name="note"), False),
        migrations.AddField("resource", "position", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddIndex("resource", models.Index(fields=["project", "position"], name="resources_in_order")),
        migrations.RunSQL(ORDER, migrations.RunSQL.noop),
    ]
