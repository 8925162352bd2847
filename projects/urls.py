"""Addresses of the landing page, the dashboard and the science projects."""

from django.urls import path

from projects import resource_views, views
from projects.editing import access_views as access
from projects.editing import views as editing
from projects.people import views as people

app_name = "projects"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("search/", views.search, name="search"),
    path("projects/", views.index, name="index"),
    path("projects/choose/", resource_views.choose, name="choose"),
    path("projects/resources/", resource_views.resource_add, name="resource-add"),
    path("projects/<slug:slug>/", views.detail, name="detail"),
    path("projects/<slug:slug>/people/", people.people, name="people"),
    path("projects/<slug:slug>/people/rule/", people.rule, name="people-rule"),
    path("projects/<slug:slug>/people/person/", people.add, name="people-add"),
    path("projects/<slug:slug>/people/undo/", people.undo, name="people-undo"),
    path("projects/<slug:slug>/people/<int:pk>/", people.change, name="people-change"),
    path("projects/<slug:slug>/settings/", editing.settings, name="settings"),
    path("projects/<slug:slug>/settings/visibility/", access.visibility, name="visibility"),
    path("projects/<slug:slug>/settings/visibility/undo/", access.undo, name="visibility-undo"),
    path("projects/<slug:slug>/settings/embargo/", access.embargo, name="embargo"),
    path("projects/<slug:slug>/settings/picture/", editing.picture, name="picture-change"),
    path("projects/<slug:slug>/data/", resource_views.data, name="data"),
    path("projects/<slug:slug>/software/", resource_views.software, name="software"),
    path("projects/<slug:slug>/results/", resource_views.results, name="results"),
    path("projects/<slug:slug>/picture", views.picture, name="picture"),
    path("projects/<slug:slug>/resources/<int:pk>/remove/", resource_views.resource_remove, name="resource-remove"),
]
