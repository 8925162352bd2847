"""The number by which results are compared is that of a workflow: each workflow of the project whose results have it keeps it."""

import django.db.models.deletion
from django.db import migrations, models


def give_to_workflows(apps, schema_editor):
    best_numbers = apps.get_model("workflows", "BestNumber")
    specifications = apps.get_model("workflows", "Specification")
    values = apps.get_model("workflows", "RunValue")
    for best in best_numbers.objects.filter(specification=None):
        of_project = specifications.objects.filter(project=best.project_id)
        with_number = values.objects.filter(kind="result", name=best.name, run__specification__in=of_project)
        for specification in sorted(set(with_number.values_list("run__specification", flat=True))):
            best_numbers.objects.create(specification_id=specification, name=best.name, is_larger_better=best.is_larger_better)
        best.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0032_image_digests'),
    ]

    operations = [
        migrations.AddField(
            model_name='bestnumber',
            name='specification',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='best_number', to='workflows.specification'),
        ),
        migrations.AlterField(
            model_name='bestnumber',
            name='project',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='best_number', to='projects.project'),
        ),
        migrations.AlterModelOptions(
            name='bestnumber',
            options={'ordering': ('specification',)},
        ),
        migrations.RunPython(give_to_workflows, migrations.RunPython.noop),
        migrations.RunSQL('SET CONSTRAINTS ALL IMMEDIATE', migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='bestnumber',
            name='project',
        ),
        migrations.AlterField(
            model_name='bestnumber',
            name='specification',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='best_number', to='workflows.specification'),
        ),
    ]
