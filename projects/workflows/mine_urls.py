"""Addresses outside a project: lists of runs across projects, and where a file of the lake or a repository could be used."""

from django.urls import path

from projects.workflows import views
from projects.workflows.entering import views as entering
from projects.workflows.lists import views as lists

urlpatterns = [
    path("runs/", lists.mine, name="workflows-mine"),
    path("runs/all/", lists.everywhere, name="workflows-runs"),
    path("runs/change/", lists.many, name="workflows-many"),
    path("runs/use/", views.use, name="workflows-use"),
    path("workflows/add/", entering.add, name="workflows-add"),
]
