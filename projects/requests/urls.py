"""Addresses of requests, and of asking to join a project."""

from django.urls import path

from projects.requests import attachment_views, thread_views, views

app_name = "requests"
urlpatterns = [
    path("projects/<slug:slug>/join/", views.join, name="join"),
    path("projects/<slug:slug>/join/state/", views.state, name="state"),
    path("dashboard/requests/", views.latest, name="latest"),
    path("requests/", views.index, name="index"),
    path("requests/<int:pk>/", thread_views.detail, name="request"),
    path("requests/<int:pk>/comment/", thread_views.comment, name="comment"),
    path("requests/<int:pk>/answer/", thread_views.answer, name="answer"),
    path("requests/<int:pk>/files/<int:file>/", attachment_views.download, name="attachment"),
    path("requests/<int:pk>/withdraw/", thread_views.withdraw, name="withdraw"),
]
