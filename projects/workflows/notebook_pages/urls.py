"""Addresses of a project's notebook pages."""

from django.urls import path

from projects.workflows.notebook_pages import views

app_name = "notebook-pages"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<str:name>/", views.show, name="show"),
    path("<str:name>/compute/", views.compute, name="compute"),
    path("<str:name>/edit/", views.edit, name="edit"),
    path("<str:name>/update/", views.update, name="update"),
    path("<str:name>/remove/", views.remove, name="remove"),
    path("<str:name>/pictures/<int:rendering>/<int:number>/", views.picture, name="picture"),
]
