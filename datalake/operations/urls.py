"""Addresses of what people do in a lake."""

from django.urls import path, register_converter

from datalake.operations.views import collections, diagnosis, operations, rules, usage, wizard
from datalake.pages.addresses import NameConverter

register_converter(NameConverter, "lakename")

app_name = "lake_acts"
urlpatterns = [
    path("acts/", operations.index, name="acts"),
    path("acts/<int:pk>/", operations.detail, name="act"),
    path("acts/<int:pk>/again/", operations.retry, name="again"),
    path("acts/<int:pk>/cancel/", operations.cancel, name="cancel"),
    path("make-available/", wizard.make_available, name="make-available"),
    path("make-available/ask/", wizard.submit, name="ask"),
    path("create/", collections.create, name="create"),
    path("change/<lakepart:scope>/<lakename:name>", collections.change, name="change"),
    path("press/<str:kind>/", collections.press, name="press"),
    path("usage/", usage.usage, name="usage"),
    path("subscriptions/", usage.subscriptions, name="subscriptions"),
    path("rules/<lakepart:rule>/why/", diagnosis.rule, name="why-rule"),
    path("rules/<lakepart:rule>/<str:kind>/", rules.submit, name="rule-act"),
    path("why/<lakepart:scope>/<lakename:name>", diagnosis.did, name="why"),
]
