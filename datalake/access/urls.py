"""Addresses of restricted data."""

from django.urls import path

from datalake.access import views
from datalake.pages import addresses  # noqa: F401 -- knows the lakepart of a path

app_name = "lake_access"
urlpatterns = [
    path("<slug:lake>/access/", views.index, name="index"),
    path("<slug:lake>/access/grants/<int:pk>/end/", views.end, name="end"),
    path("<slug:lake>/access/scopes/<lakepart:scope>/", views.scope, name="scope"),
]
