"""Addresses of the notebooks of a project."""

from django.urls import path

from projects.notebooks import start_views, views

app_name = "notebooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", start_views.new, name="new"),
    path("new/settings/<int:pk>/delete/", start_views.delete_settings, name="settings-delete"),
    path("open/", views.open_notebook, name="open"),
    path("<int:pk>/", views.session, name="session"),
    path("<int:pk>/lab/", views.lab, name="lab"),
    path("<int:pk>/sign-in/", views.sign_in, name="sign-in"),
    path("<int:pk>/stop/", views.stop, name="stop"),
    path("<int:pk>/renew/", views.renew, name="renew"),
]
