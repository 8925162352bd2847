"""What the stack finds in its IAM: its clients, and five people with public passwords."""

from allauth.idp.oidc.models import Client
from django.contrib.auth.hashers import make_password

from devstack.address import DEMO_USERS, HUB_URL, PORTAL_URL, secret, subject
from devstack.iam import paths
from devstack.iam.claims import EXCHANGE
from devstack.iam.keys import RandomSecretHasher
from devstack.iam.models import Person

PEOPLE = ["openid", "profile", "email", "offline_access", "wlcg", "wlcg.groups"]
LOGIN = ["authorization_code", "refresh_token", EXCHANGE]
SERVICE = ["client_credentials"]
DEVICE = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
# client -> title, scopes, grants, redirect address
CLIENTS: dict[str, tuple[str, list[str], list[str], str]] = {
    "portal": ("VRE portal", PEOPLE, LOGIN, f"{PORTAL_URL}/accounts/oidc/iam/login/callback/"),
    "jupyterhub": ("JupyterHub", PEOPLE, LOGIN, f"{HUB_URL}/hub/oauth_callback"),
    "vre-programs": ("Programs of people", PEOPLE, DEVICE, ""),
    "rucio": ("Rucio", ["openid", "profile", "scim:read"], SERVICE, ""),
    "portal-lake": ("VRE portal at the Data Lake", ["openid", "profile", *paths.PUBLIC], SERVICE, ""),
    "portal-groups": ("VRE portal, groups of restricted data", ["scim:read", "scim:write"], SERVICE, ""),
    "iam-sync": ("Account synchronisation", ["scim:read"], SERVICE, ""),
}


def prepare() -> None:
    """Make clients and people that are missing; clients are brought up to date, people keep what was changed."""
    for name, (title, scopes, grants, redirect) in CLIENTS.items():
        client = Client.objects.filter(id=name).first() or Client(id=name)
        client.name, client.skip_consent = title, True
        client.type = Client.Type.PUBLIC if grants == DEVICE else Client.Type.CONFIDENTIAL  # what runs at people's desks keeps no secret
        client.set_scopes(scopes)
        client.set_grant_types(grants)
        client.set_redirect_uris([redirect] if redirect else [])
        if redirect:
            client.set_post_logout_redirect_uris([f"{PORTAL_URL}/", f"{HUB_URL}/hub/"])
        client.secret = make_password(secret(f"client-{name}"), hasher=RandomSecretHasher.algorithm)
        client.save()
    for name in DEMO_USERS:
        if not Person.objects.filter(username=name).exists():
            reset(Person(username=name, password=make_password(name)))


def reset(person: Person) -> None:
    """Give a person the groups, name and standing of the demonstration again."""
    full_name, email, groups = DEMO_USERS[person.username]
    person.first_name, _, person.last_name = full_name.partition(" ")
    person.sub, person.email, person.memberships = subject(person.username), email, list(groups)
    person.is_active = True
    person.save()
