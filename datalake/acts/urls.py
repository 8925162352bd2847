"""Addresses of what people do in a lake."""

from django.urls import path

from datalake.acts.views import acts

app_name = "lake_acts"
urlpatterns = [
    path("acts/", acts.acts, name="acts"),
    path("acts/<int:pk>/", acts.act, name="act"),
    path("acts/<int:pk>/again/", acts.again, name="again"),
    path("acts/<int:pk>/cancel/", acts.cancel, name="cancel"),
]
