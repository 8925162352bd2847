"""Addresses of the documentation."""

from django.urls import path

from vre_portal.documentation import views

app_name = "documentation"
urlpatterns = [
    path("docs/", views.index, name="index"),
    path("docs/files/<path:name>", views.picture, name="picture"),
    path("docs/<path:name>/", views.page, name="page"),
    path("about/", views.about, name="about"),
]
