"""Addresses of the start page and of the pages about the portal as a whole."""

from django.urls import path

from projects.landing import views

app_name = "landing"
urlpatterns = [
    path("", views.home, name="home"),
    path("runs/", views.runs, name="runs"),
    path("about/sites/", views.sites, name="sites"),
    path("about/references/", views.references, name="references"),
]
