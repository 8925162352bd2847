"""The portal's settings on the local stack: the same variables that a deployment sets."""

import os

from cryptography.fernet import Fernet

from devstack import address

NOTICE = "This is a demonstration: its accounts have public passwords. Store nothing here that matters."


def vault_key() -> str:
    """The stack's key for tokens at rest, made once."""
    file = address.state_dir("portal") / "vault.key"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as handle:
            handle.write(Fernet.generate_key().decode())
    return file.read_text()


def variables() -> dict[str, str]:
    """Environment variables for the portal's processes, management commands and tests."""
    state = address.state_dir("portal")
    return {
        "DJANGO_SETTINGS_MODULE": "vre_portal.settings",
        "DEBUG": os.environ.get("VRE_DEBUG", "False"),
        "SECRET_KEY": address.secret("portal-secret-key"),
        "VAULT_KEYS": vault_key(),
        "PORTAL_URL": address.PORTAL_URL,
        "DATABASE_URL": os.environ.get("DATABASE_URL") or address.database_url("portal"),
        "REDIS_URL": address.redis_url(),
        "CACHE_URL": address.redis_url(1),
        "MEDIA_ROOT": str(state / "media"),
        "UPLOAD_SPOOL": str(state / "spool"),
        "STATIC_ROOT": str(state / "static"),
        "DEMO_NOTICE": NOTICE,
        "SITE_NAME": "VRE portal",
        "SCIENCE_THEMES": "Dark Matter,Extreme Universe,Gravitational Waves,Cosmic Rays,Multi-messenger,Instrumentation",
        "FORM_ORIGINS": f"{address.IAM_ISSUER.rstrip('/')},{address.HUB_URL}",
        "IAM_ISSUER": address.IAM_ISSUER,
        "IAM_CLIENT_SECRET": address.secret("client-portal"),
        "RUCIO_URL": address.RUCIO_URL,
        "LAKE_CLIENT_SECRET": address.secret("client-portal-lake"),
        "GROUPS_CLIENT_SECRET": address.secret("client-portal-groups"),
        "STORAGE_CA": str(address.STATE / "storage" / "ca.pem"),
        "STORAGE_HOST": address.STORAGE_URL.removeprefix("https://"),
        "REANA_URL": address.REANA_URL,
        "REANA_QUERY_URL": address.REANA_QUERY_URL,
        "HUB_URL": address.HUB_URL,
        "HUB_SERVICE_TOKEN": address.secret("hub-service-portal"),
        "RECORDS_URL": address.RECORDS_URL,
        "GIT_URL": address.GIT_URL,
        "HOOKS_URL": address.HOOKS_URL,
        "WORKFLOW_ENGINES": os.environ.get("WORKFLOW_ENGINES") or str(address.ENVS / "engines" / "bin" / "python"),
        "EVENTS_URL": address.EVENTS_URL,
        "EMAIL_HOST": address.HOST,
        "EMAIL_PORT": str(address.PORTS["mail-smtp"]),
        "EMAIL_FROM": "VRE portal <portal@vre.example>",
        "PROJECT_CREATORS": "escape/km3net,escape/leads,escape/admins",
        "PROJECT_CREATORS_CONTACT": "lead@vre.example",
        "SECURITY_CONTACT": "mailto:security@example.org",
        "POLICIES_REQUIRED": "False",  # the demonstration's people have nothing to agree to
        "IMAGE_REGISTRIES": "",  # the REANA of the stack runs no containers, so that no image has to exist
        # All tests come from one address.
        **{f"LIMIT_{kind}": "100000/60" for kind in ("SIGN_IN", "SEARCH", "LOOKUP", "LAUNCH", "UPLOAD", "DOWNLOAD", "EXPORT")},
    }
