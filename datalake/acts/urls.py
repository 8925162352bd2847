"""Addresses of what people do in a lake."""

from django.urls import path, register_converter

from datalake.acts.views import acts, collections, rules, usage, why, wizard
from datalake.addresses import NameConverter

register_converter(NameConverter, "lakename")

app_name = "lake_acts"
urlpatterns = [
    path("acts/", acts.acts, name="acts"),
    path("acts/<int:pk>/", acts.act, name="act"),
    path("acts/<int:pk>/again/", acts.again, name="again"),
    path("acts/<int:pk>/cancel/", acts.cancel, name="cancel"),
    path("make-available/", wizard.make_available, name="make-available"),
    path("make-available/ask/", wizard.ask, name="ask"),
    path("create/", collections.create, name="create"),
    path("change/<lakepart:scope>/<lakename:name>", collections.change, name="change"),
    path("press/<str:kind>/", collections.press, name="press"),
    path("usage/", usage.usage, name="usage"),
    path("subscriptions/", usage.subscriptions, name="subscriptions"),
    path("rules/<lakepart:rule>/why/", why.rule, name="why-rule"),
    path("rules/<lakepart:rule>/<str:kind>/", rules.act, name="rule-act"),
    path("why/<lakepart:scope>/<lakename:name>", why.did, name="why"),
]
