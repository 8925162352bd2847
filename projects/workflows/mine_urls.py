"""Addresses outside a project: a person's own runs for their dashboard, and where a file of the lake could be used."""

from django.urls import path

from projects.workflows import views

urlpatterns = [path("runs/", views.mine, name="workflows-mine"), path("runs/use/", views.use, name="workflows-use")]
