"""Addresses of the banners: the pages of staff, what open pages ask for, and the button that hides one."""

from django.urls import path

from vre_portal.banners import reading_views, views

app_name = "banners"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.edit, name="edit"),
    path("<int:pk>/end/", views.end, name="end"),
    path("<int:pk>/dismiss/", reading_views.dismiss, name="dismiss"),
    path("shown/<str:state>/", reading_views.shown, name="shown"),
]
