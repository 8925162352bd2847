"""The first words of each item in a column of their own."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from vre_portal import rich_text


def fill(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The excerpt of each item that there is."""
    items = apps.get_model("news", "NewsItem").objects
    for pk, text in items.values_list("pk", "text").iterator(chunk_size=100):
        items.filter(pk=pk).update(excerpt=rich_text.excerpt(text, 200))


class Migration(migrations.Migration):
    dependencies = [("news", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="newsitem",
            name="excerpt",
            field=models.CharField(blank=True, editable=False, help_text="The first words of the text, for lists", max_length=200),
            preserve_default=True,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
