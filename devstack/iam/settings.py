"""Settings of the demonstration IAM; everything secret belongs to the stack and is made by it."""

import os
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.csp import CSP

from devstack.address import HOST, HUB_URL, IAM_ISSUER, PORT_BASE, PORTAL_URL, ROOT, database_url, secret
from devstack.iam.keys import signing_key


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DEBUG = False
SECRET_KEY = secret("iam-django")
ALLOWED_HOSTS = [HOST]
ROOT_URLCONF = "devstack.iam.urls"
WSGI_APPLICATION = "devstack.iam.wsgi.application"
DATABASES = {"default": _database(database_url("iam"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# Authorization codes live here: one process, many threads, so that memory is shared enough.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}},
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "devstack.iam",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "devstack" / "iam" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

AUTH_USER_MODEL = "iam.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "devstack.iam.keys.PublicPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "devstack.iam.keys.RandomSecretHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Cookies ignore ports: a name of its own for each server of each stack.
SESSION_COOKIE_NAME = f"iam_session_{PORT_BASE}"
CSRF_COOKIE_NAME = f"iam_csrf_{PORT_BASE}"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A browser holds form-action against the redirects that follow the form too, so the clients stand here.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "form-action": [CSP.SELF, PORTAL_URL, HUB_URL],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

ISSUER = IAM_ISSUER
END_SESSION = os.environ.get("IAM_END_SESSION") == "1"
IDP_OIDC_ADAPTER = "devstack.iam.claims.IamAdapter"
IDP_OIDC_PRIVATE_KEY = signing_key()
IDP_OIDC_ACCESS_TOKEN_FORMAT = "jwt"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = int(os.environ.get("IAM_ACCESS_TOKEN_SECONDS", "3600"))
IDP_OIDC_ID_TOKEN_EXPIRES_IN = 600
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 3600
# INDIGO IAM hands the same refresh token back; IAM_ROTATE_REFRESH=1 makes each good for one use.
IDP_OIDC_ROTATE_REFRESH_TOKEN = os.environ.get("IAM_ROTATE_REFRESH") == "1"
IDP_OIDC_INTROSPECTION_ENABLED = True
IDP_OIDC_INTROSPECTION_CROSS_CLIENT_ALLOWED = True
IDP_OIDC_RATE_LIMITS = False
IDP_OIDC_RP_INITIATED_LOGOUT_ASKS_FOR_OP_LOGOUT = False
ACCOUNT_EMAIL_VERIFICATION = "none"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
