from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0008_begin_and_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='tombstone',
            name='creation_key',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
    ]
