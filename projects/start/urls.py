"""Addresses at which a project is begun."""

from django.urls import path

from projects.start import views

app_name = "start"
urlpatterns = [
    path("", views.new, name="new"),
    path("address/", views.address, name="address"),
    path("repository/", views.repository, name="repository"),
    path("repository/<int:pk>/", views.repository_state, name="repository-state"),
]
