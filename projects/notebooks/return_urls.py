"""Addresses outside a project: where a hub sends the browser back to, which it knows by heart, and where data get into a notebook."""

from django.urls import path

from projects.notebooks import views

urlpatterns = [path("return/", views.come_back, name="notebooks-return"), path("use/", views.use, name="notebooks-use")]
