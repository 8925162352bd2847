from django.db import migrations, models

STATES = [
    ("open", "open"),
    ("approved", "approved, in progress"),
    ("acting", "being carried out"),
    ("act_failed", "approved, not carried out"),
    ("granted", "granted"),
    ("declined", "declined"),
    ("withdrawn", "withdrawn"),
    ("closed", "closed"),
]


def name_nobody(apps, _schema):
    """What waited for a sign-in named its person in text: the person becomes a reference, which goes with them."""
    act, event = apps.get_model("requests", "RequestAct"), apps.get_model("requests", "RequestEvent")
    approver = act.objects.filter(request=models.OuterRef("request")).values("by")[:1]
    waiting = event.objects.filter(what="waiting")
    keys = [f"event:{pk}" for pk in waiting.values_list("pk", flat=True)]
    apps.get_model("notices", "Event").objects.filter(kind="requests.failed", key__in=keys).update(text="")
    waiting.update(text="")
    again = event.objects.filter(what="retried", request=models.OuterRef("request"), pk__gt=models.OuterRef("pk"))
    waiting.filter(~models.Exists(again)).update(person=models.Subquery(approver))  # else somebody took over from whom it waited for
    act.objects.filter(state="waiting", request__events__what="waiting").update(problem="")
    lost = "The person who approved this request may no longer decide about it. Somebody else who can answer it can try again."
    event.objects.filter(what="failed", text__contains=" may no longer decide about this request").update(text=lost)
    act.objects.filter(problem__contains=" may no longer decide about this request").update(problem=lost)
    told = apps.get_model("notices", "Event").objects.filter(kind="requests.failed")
    told.filter(text__contains=" may no longer decide about this request").update(text=lost)


class Migration(migrations.Migration):
    dependencies = [("requests", "0006_restricted_data"), ("notices", "0001_initial")]
    operations = [
        migrations.AddField("requestact", "waits_since", models.DateTimeField(null=True)),
        migrations.AlterField("request", "state", models.CharField(choices=STATES, default="open", max_length=10)),
        migrations.RunPython(name_nobody, migrations.RunPython.noop),
    ]
