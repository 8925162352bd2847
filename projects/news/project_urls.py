"""Addresses of the news of a project."""

from django.urls import path

from projects.news import views, writing_views

app_name = "project-news"
urlpatterns = [
    path("", views.project_index, name="index"),
    path("feed/", views.project_feed, name="feed"),
    path("recent/", views.recent, name="recent"),
    path("new/", writing_views.new, name="new"),
    path("<int:pk>/edit/", writing_views.edit, name="edit"),
    path("<int:pk>/delete/", writing_views.delete, name="delete"),
    path("<int:pk>/restore/", writing_views.restore, name="restore"),
]
