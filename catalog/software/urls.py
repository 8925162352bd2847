"""Addresses of the software catalogue."""

from django.urls import path

from catalog.software import views

app_name = "software"
urlpatterns = [
    path("", views.index, name="index"),
    path("doi/<path:doi>", views.by_doi, name="by-doi"),
    path("<slug:concept>/", views.entry, name="entry"),
    path("<slug:concept>/cite/<slug:style>/", views.cite, name="cite"),
    path("<slug:concept>/uses/", views.uses, name="uses"),
]
