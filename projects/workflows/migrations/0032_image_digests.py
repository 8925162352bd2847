from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0031_reana_load'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='image_digests',
            field=models.JSONField(db_default={}, default=dict, help_text='Name of an image -> the digest that its registry gave for it when the run was launched'),
        ),
    ]
