"""Addresses of the search beside the lake's own page."""

from django.urls import path

from datalake.index.views import compare, complete, naming, problems, saved

app_name = "lake_index"
urlpatterns = [
    path("<slug:lake>/complete/", complete.complete, name="complete"),
    path("<slug:lake>/compare/", compare.compare, name="compare"),
    path("<slug:lake>/naming/", naming.report, name="naming"),
    path("<slug:lake>/naming/check/", naming.check, name="name-check"),
    path("<slug:lake>/index/", problems.problems, name="problems"),
    path("<slug:lake>/searches/", saved.keep, name="keep"),
    path("<slug:lake>/searches/<int:pk>/delete/", saved.delete, name="delete"),
    path("<slug:lake>/searches/<int:pk>/undo/", saved.undo, name="undo"),
]
