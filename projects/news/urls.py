"""Addresses of the news of the portal and of each item."""

from django.urls import path

from projects.news import views, writing_views

app_name = "news"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed/", views.feed, name="feed"),
    path("new/", writing_views.portal_new, name="new"),
    path("<int:pk>/", views.item, name="item"),
    path("<int:pk>/picture", views.picture, name="picture"),
    path("<int:pk>/edit/", writing_views.portal_edit, name="edit"),
    path("<int:pk>/delete/", writing_views.portal_delete, name="delete"),
    path("<int:pk>/restore/", writing_views.portal_restore, name="restore"),
]
