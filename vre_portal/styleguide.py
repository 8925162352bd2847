"""Every component on one page, in each of its states; routed in development only."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from vre_portal.charts import Series, line_chart
from vre_portal.graph import GraphStep, layout

WORDS = (
    ("Runs", ("queued", "submitting", "running", "finished", "failed", "stopped")),
    ("Rules", ("OK", "REPLICATING", "STUCK", "SUSPENDED")),
    ("Services", ("up", "degraded", "down", "not checked yet")),
    ("Projects", ("public", "members")),
)
LONG_DID = "EXPERIMENT_SP:PointSourceIRF.km3irf.v0.4.0/reprocessed_with_a_name_that_nobody_shortened_in_time.2026-11-20.fits"
HOSTILE = "invoice\u202egnp.exe <b>bold</b> \u0007"
STEPS = (
    ("fetch inputs", "finished", "rucio-client 41.5", 12),
    ("event rates", "running", "km3irf 0.4.0", 74),
    ("plots", "queued", "matplotlib 3.10", None),
)
GRAPH = (
    GraphStep("fetch inputs", "finished", "rucio-client 41.5"),
    GraphStep("signal", "finished", "km3irf 0.4.0", "#steps", ("fetch inputs",)),
    GraphStep("atmospheric background", "running", "km3irf 0.4.0", "#steps", ("fetch inputs",)),
    GraphStep("plots", "queued", "matplotlib 3.10", "", ("signal", "atmospheric background")),
)
EVENTS = (
    Series("signal", [(years, 1.27 * years) for years in range(11)]),
    Series("background", [(years, 0.31 * years**0.9) for years in range(11)]),
)


class SampleForm(forms.Form):
    """One field of each sort."""

    index = forms.FloatField(label="Spectral index", initial=2.0, min_value=1, max_value=4, help_text="Of the power law, positive.")
    # A number input forgets what is not a number; what was typed has to be seen again.
    years = forms.IntegerField(label="Exposure", initial=10, min_value=1, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    site = forms.ChoiceField(label="Site", choices=[("annecy", "Annecy"), ("bologna", "Bologna")])
    seen = forms.ChoiceField(label="Who may see it", choices=[("public", "Everybody"), ("members", "Members")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    keep = forms.BooleanField(label="Keep the intermediate files", required=False, help_text="They count towards the quota.")


@login_not_required
def show(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = timezone.now()
    wrong = SampleForm({"index": "9", "years": "ten", "site": "annecy", "seen": "", "note": ""})
    context = {
        "words": WORDS,
        "themes": [*settings.SCIENCE_THEMES, "Something else"],
        "graph": layout(GRAPH, (1140, 480)),
        "chart": line_chart(EVENTS, "exposure / years", "events"),
        "long_did": LONG_DID,
        "hostile": HOSTILE,
        "steps": [dict(zip(("name", "state", "environment", "seconds"), step, strict=True)) for step in STEPS],
        "times": [now, now - timedelta(minutes=3), now - timedelta(days=400), now + timedelta(hours=2)],
        "since": now - timedelta(minutes=14),
        "sizes": [0, 999, 3_123_456_789, 14_200_000_000_000],
        "form": SampleForm(),
        "wrong": wrong,
        "files": [("aeff.fits", 24_480, "OK"), ("test_10events.dst.root", 121_004, "REPLICATING"), (LONG_DID, 3_123_456_789, "STUCK")],
        "roles": (
            "surface",
            "surface-raised",
            "surface-sunken",
            "line",
            "ink",
            "ink-soft",
            "ink-faint",
            "accent",
            "ok",
            "warn",
            "bad",
            "busy",
        ),
    }
    return render(request, "styleguide.html", context)
