"""Addresses of a project's results."""

from django.urls import path

from projects.workflows.results import views

app_name = "results"
urlpatterns = [
    path("best/", views.best, name="best"),
    path("<int:number>/", views.show, name="show"),
    path("<int:number>/uses/", views.uses, name="uses"),
    path("<int:number>/present/", views.present, name="present"),
    path("<int:number>/edit/", views.edit, name="edit"),
    path("<int:number>/withdraw/", views.withdraw, name="withdraw"),
    path("<int:number>/delete/", views.delete, name="delete"),
    path("<int:number>/cite/<slug:style>/", views.cite_file, name="cite"),
]
