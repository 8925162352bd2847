"""Addresses under /accounts/: only what signing in needs; the names are those that the library looks for."""

from django.urls import path

from vre_portal.iam.sessions import backchannel, sign_out_views
from vre_portal.iam.sign_in import views

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", sign_out_views.sign_out, name="account_logout"),
    path("signed-out/", sign_out_views.signed_out, name="signed_out"),
    path("failed/", views.failed, name="sign_in_failed"),
    path("oidc/<slug:provider_id>/login/callback/", views.callback, name="openid_connect_callback"),
    path("oidc/<slug:provider_id>/backchannel-logout/", backchannel.logout, name="backchannel_logout"),
]
