"""The one address outside a project: where a hub sends the browser back to, which it knows by heart."""

from django.urls import path

from projects.notebooks import views

urlpatterns = [path("return/", views.come_back, name="notebooks-return")]
