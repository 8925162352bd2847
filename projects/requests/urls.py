"""Addresses of requests, and of asking to join a project."""

from django.urls import path

from projects.requests import answer_views, attachment_views, handling_views, new_views, thread_views, views
from projects.requests.lake_kinds import redirects

app_name = "requests"
urlpatterns = [
    path("datalake/<slug:lake>/access/requests/<int:pk>/", redirects.former_request, name="former-access-request"),
    path("projects/<slug:slug>/join/", views.join, name="join"),
    path("projects/<slug:slug>/join/state/", views.state, name="state"),
    path("dashboard/requests/", views.latest, name="latest"),
    path("requests/", views.index, name="index"),
    path("requests/new/", new_views.choose, name="choose"),
    path("requests/new/<str:key>/", new_views.new, name="new"),
    path("requests/answers/", answer_views.answers, name="answers"),
    path("requests/answers/<int:pk>/delete/", answer_views.delete, name="delete-answer"),
    path("requests/<int:pk>/", thread_views.detail, name="request"),
    path("requests/<int:pk>/present/", thread_views.present, name="present"),
    path("requests/<int:pk>/comment/", thread_views.comment, name="comment"),
    path("requests/<int:pk>/answer/", thread_views.answer, name="answer"),
    path("requests/<int:pk>/withdraw/", thread_views.withdraw, name="withdraw"),
    path("requests/<int:pk>/assign/", handling_views.assign, name="assign"),
    path("requests/<int:pk>/due/", handling_views.due, name="due"),
    path("requests/<int:pk>/lock/", handling_views.lock, name="lock"),
    path("requests/<int:pk>/retry/", handling_views.retry, name="retry"),
    path("requests/<int:pk>/done/", handling_views.done, name="done"),
    path("requests/<int:pk>/files/<int:file>/", attachment_views.download, name="attachment"),
]
