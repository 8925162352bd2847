"""Addresses of the search; the first is the lake's own page, in the place of the plain one."""

from django.urls import path

from datalake.index.views import compare, complete, problems, saved, search

app_name = "lake_index"
urlpatterns = [
    path("<slug:lake>/", search.lake, name="lake"),
    path("<slug:lake>/complete/", complete.complete, name="complete"),
    path("<slug:lake>/compare/", compare.compare, name="compare"),
    path("<slug:lake>/index/", problems.problems, name="problems"),
    path("<slug:lake>/searches/", saved.keep, name="keep"),
    path("<slug:lake>/searches/<int:pk>/delete/", saved.delete, name="delete"),
    path("<slug:lake>/searches/<int:pk>/undo/", saved.undo, name="undo"),
]
