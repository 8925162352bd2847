"""Addresses of what happened in a project."""

from django.urls import path

from projects.activity import views

app_name = "activity"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed.atom", views.feed, name="feed"),
    path("feed/<str:secret>.atom", views.personal_feed, name="personal-feed"),
]
