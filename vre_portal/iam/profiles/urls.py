"""Addresses of the directory, of people, and of one's own profile."""

from django.urls import path

from vre_portal.iam.profiles import views

app_name = "profiles"
urlpatterns = [
    path("people/", views.directory, name="directory"),
    path("people/<uuid:key>/", views.person, name="person"),
    path("me/profile/", views.edit, name="edit"),
]
