"""Addresses under /me/tokens/."""

from django.urls import path

from vre_portal.iam.personal_tokens import views

app_name = "personal_tokens"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:pk>/revoke/", views.revoke, name="revoke"),
]
