"""INDIGO IAM's addresses."""

from allauth.idp.oidc import views as oidc
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from devstack.iam import oauth, pages, scim, scim_groups


def no_end_session(request: HttpRequest) -> HttpResponse:
    """INDIGO IAM has no such endpoint; the library still wants its name."""
    raise Http404


# The library finds its endpoints by these two namespaces.
endpoints = [
    path(".well-known/openid-configuration", oidc.configuration, name="configuration"),
    path("jwk", oidc.jwks, name="jwks"),
    path("authorize", oauth.Authorize.as_view(), name="authorization"),
    path("token", csrf_exempt(oauth.IssueToken.as_view()), name="token"),
    path("userinfo", oidc.user_info, name="userinfo"),
    path("introspect", oidc.introspect, name="introspect"),
    path("revoke", oidc.revoke, name="revoke"),
    path("devicecode", oidc.device_code, name="device_code"),
    path("device", oidc.device_authorization, name="device_authorization"),
    path("endsession", oidc.logout if settings.END_SESSION else no_end_session, name="logout"),
]

urlpatterns = [
    path("", pages.home, name="home"),
    path("", include(([path("", include((endpoints, "oidc")))], "idp"))),
    path("login", pages.SignIn.as_view(), name="account_login"),
    path("logout", pages.SignOut.as_view(), name="account_logout"),
    path("scim/Users", scim.users),
    path("scim/Users/<uuid:sub>", scim.user),
    path("scim/Groups", scim_groups.groups),
    path("scim/Groups/<uuid:pk>", scim_groups.change),
]
