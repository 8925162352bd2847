"""Addresses of the policies."""

from django.urls import path

from vre_portal.policies import views
from vre_portal.policies.texts import NAMES

app_name = "policies"
urlpatterns = [
    *(path(f"{name}/", views.show, {"name": name}, name=name) for name in NAMES),
    path("policies/", views.accept, name="accept"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
]
