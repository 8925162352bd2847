"""A person's own notebooks as a part of their dashboard."""

from django.urls import path

from projects.notebooks import mine_views

urlpatterns = [path("notebooks/", mine_views.recent, name="notebooks-recent")]
