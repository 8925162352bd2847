"""Addresses of a project's plan."""

from django.urls import path

from projects.onboarding import plan_sharing_views, plan_views

app_name = "plan"
urlpatterns = [
    path("", plan_views.plan, name="plan"),
    path("progress/", plan_views.progress, name="progress"),
    path("share/", plan_sharing_views.share, name="share"),
    path("unshare/", plan_sharing_views.unshare, name="unshare"),
    path("items/<int:pk>/", plan_views.item, name="item"),
    path("items/<int:pk>/state/", plan_views.tick, name="tick"),
    path("items/<int:pk>/move/", plan_views.move, name="move"),
    path("items/<int:pk>/remove/", plan_views.remove, name="remove"),
]
