"""Addresses outside a project: a person's own runs, and where a file of the lake or a repository could be used."""

from django.urls import path

from projects.workflows import views
from projects.workflows.entering import views as entering

urlpatterns = [
    path("runs/", views.mine, name="workflows-mine"),
    path("runs/use/", views.use, name="workflows-use"),
    path("workflows/add/", entering.add, name="workflows-add"),
]
