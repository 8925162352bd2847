"""Addresses outside a project: for the hub (return and question before a start), your notebooks, data for a notebook, and all sessions."""

from django.urls import path

from projects.notebooks import hub_views, staff_views, start_views, views

urlpatterns = [
    path("", hub_views.mine, name="notebooks-mine"),
    path("may-start/", hub_views.may_start, name="notebooks-may-start"),
    path("return/", views.come_back, name="notebooks-return"),
    path("start/", start_views.choose, name="notebooks-start"),
    path("all/", staff_views.sessions, name="notebooks-all"),
    path("all/<int:pk>/stop/", staff_views.stop, name="notebooks-staff-stop"),
    path("use/", views.use, name="notebooks-use"),
]
