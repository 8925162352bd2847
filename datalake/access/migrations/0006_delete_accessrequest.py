"""Requests are no longer kept here: the application that takes them has read them before (`run_before` of its migration)."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('lake_access', '0005_carry_over')]

    operations = [migrations.DeleteModel(name='AccessRequest')]
