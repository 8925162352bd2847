"""Addresses of a project's workflow runs."""

from django.urls import path

from projects.workflows import views

app_name = "workflows"
urlpatterns = [
    path("", views.index, name="index"),
    path("latest/", views.latest, name="recent"),
    path("new/", views.new, name="launch"),
    path("<int:number>/", views.run, name="run"),
    path("<int:number>/stop/", views.stop, name="stop"),
    path("<int:number>/keep/", views.keep, name="keep"),
    path("<int:number>/kept/", views.keeps, name="keeps"),
    path("<int:number>/files/<path:name>", views.file, name="file"),
]
