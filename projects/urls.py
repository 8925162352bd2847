"""Addresses of the dashboard and the science projects."""

from django.urls import path

from projects import cite_views, resource_views, scope_views, views
from projects.dashboard import views as dashboard
from projects.editing import access_views as access
from projects.editing import views as editing
from projects.people import invitation_views as invitations
from projects.people import views as people
from projects.references import views as references

app_name = "projects"
urlpatterns = [
    path("dashboard/", dashboard.index, name="dashboard"),
    path("dashboard/attention/", dashboard.attention, name="dashboard-attention"),
    path("dashboard/health/", dashboard.health, name="dashboard-health"),
    path("dashboard/projects/", dashboard.projects, name="mine"),
    path("dashboard/staff/<slug:section>/", dashboard.staff, name="dashboard-staff"),
    path("projects/", views.index, name="index"),
    path("projects/choose/", resource_views.choose, name="choose"),
    path("projects/resources/", resource_views.resource_add, name="resource-add"),
    path("projects/<slug:slug>/", views.detail, name="detail"),
    path("projects/<slug:slug>/people/", people.people, name="people"),
    path("projects/<slug:slug>/people/rule/", people.rule, name="people-rule"),
    path("projects/<slug:slug>/people/person/", people.add, name="people-add"),
    path("projects/<slug:slug>/people/undo/", people.undo, name="people-undo"),
    path("projects/<slug:slug>/people/<int:pk>/", people.change, name="people-change"),
    path("projects/<slug:slug>/people/leave/", people.leave, name="people-leave"),
    path("projects/<slug:slug>/people/invitations/", invitations.invitations, name="invitations"),
    path("projects/<slug:slug>/people/invitations/<int:pk>/revoke/", invitations.revoke, name="invitation-revoke"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    path("projects/<slug:slug>/settings/", editing.settings, name="settings"),
    path("projects/<slug:slug>/settings/visibility/", access.visibility, name="visibility"),
    path("projects/<slug:slug>/settings/visibility/undo/", access.undo, name="visibility-undo"),
    path("projects/<slug:slug>/settings/embargo/", access.embargo, name="embargo"),
    path("projects/<slug:slug>/settings/picture/", editing.picture, name="picture-change"),
    path("projects/<slug:slug>/data/", resource_views.data, name="data"),
    path("projects/<slug:slug>/data/scope/", scope_views.scope_data, name="scope-data"),
    path("projects/<slug:slug>/software/", resource_views.software, name="software"),
    path("projects/<slug:slug>/results/", resource_views.results, name="results"),
    path("projects/<slug:slug>/cite/", cite_views.cite, name="cite"),
    path("projects/<slug:slug>/cite/<slug:style>/", cite_views.cite_file, name="cite-file"),
    path("projects/<slug:slug>/picture", views.picture, name="picture"),
    path("projects/<slug:slug>/references/", references.references, name="references"),
    path("projects/<slug:slug>/references/add/", references.add, name="references-add"),
    path("projects/<slug:slug>/references/undo/", references.undo, name="references-undo"),
    path("projects/<slug:slug>/references/find/", references.find, name="references-find"),
    path("projects/<slug:slug>/references/<int:pk>/", references.reference, name="reference"),
    path("projects/<slug:slug>/references/<int:pk>/move/", references.move, name="reference-move"),
    path("projects/<slug:slug>/resources/<int:pk>/remove/", resource_views.resource_remove, name="resource-remove"),
]
