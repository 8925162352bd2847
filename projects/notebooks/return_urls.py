"""Addresses outside a project: for the hub (return and question before a start), your notebooks, and data for a notebook."""

from django.urls import path

from projects.notebooks import hub_views, views

urlpatterns = [
    path("", hub_views.mine, name="notebooks-mine"),
    path("may-start/", hub_views.may_start, name="notebooks-may-start"),
    path("return/", views.come_back, name="notebooks-return"),
    path("use/", views.use, name="notebooks-use"),
]
