"""Addresses of a project's status and end."""

from django.urls import path

from projects.lifecycle import views

app_name = "lifecycle"
urlpatterns = [
    path("", views.page, name="page"),
    path("archive/", views.archive, name="archive"),
    path("restore/", views.restore, name="restore"),
    path("offer/", views.offer, name="offer"),
    path("transfer/", views.answer, name="transfer"),
    path("delete/", views.delete, name="delete"),
]
