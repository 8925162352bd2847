"""The one address outside a project: a person's own runs, for their dashboard."""

from django.urls import path

from projects.workflows import views

urlpatterns = [path("runs/", views.mine, name="workflows-mine")]
