"""Addresses of the one search."""

from django.urls import path

from vre_portal.search import history_views, staff_views, views

app_name = "search"
urlpatterns = [
    path("", views.index, name="index"),
    path("complete/", views.complete, name="complete"),
    path("saved/", history_views.store, name="store"),
    path("saved/<int:pk>/", views.saved, name="saved"),
    path("saved/<int:pk>/delete/", history_views.delete, name="delete"),
    path("saved/<int:pk>/rename/", history_views.rename, name="rename"),
    path("recent/clear/", history_views.clear, name="clear"),
    path("state/", staff_views.state, name="state"),
]
