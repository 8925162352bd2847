"""Grants get a table of their own."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('lake_access', '0003_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.PositiveIntegerField(db_default=0, default=0, help_text='Number of the last claim; only its worker may write')),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('claims', models.PositiveIntegerField(db_default=0, default=0, help_text='Claims since a worker last said how it went')),
                ('tries', models.PositiveIntegerField(db_default=0, default=0, help_text='Attempts that failed in a row')),
                ('lake', models.CharField(max_length=60)),
                ('scope', models.CharField(max_length=60)),
                ('subject', models.CharField(help_text="The person's subject at the IAM of the group", max_length=255)),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(help_text='When granted access ends automatically', null=True)),
                ('state', models.CharField(choices=[('granting', 'granted, not active yet'), ('granted', 'granted'), ('ending', 'ending'), ('ended', 'ended')], default='granting', max_length=10)),
                ('entered', models.BooleanField(default=False, help_text='The portal created the group membership, so it can end it')),
                ('trouble', models.TextField(blank=True, help_text='Why the IAM has not been updated yet')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(fields=['lake', 'scope', 'state'], name='grants_of_a_scope')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('granting', 'granted', 'ending'))), fields=('lake', 'scope', 'user'), name='one_active_grant_per_scope')],
            },
        ),
    ]
