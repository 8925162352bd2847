"""The model of requests to join becomes that of all requests, and keeps its rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial")]

    operations = [
        migrations.RenameModel(old_name="ProjectRequest", new_name="Request"),
        migrations.RemoveConstraint(model_name="request", name="one_open_request_of_a_kind"),
    ]
