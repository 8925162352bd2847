"""All settings, and the only reader of the environment; each variable may also come from a file named by NAME_FILE."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from environ import FileAwareEnv

from vre_portal import __version__
from vre_portal.logging_config import logging_config

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Fernet keys for tokens at rest, newest first: put a new one in front, then re-encrypt, then drop the old.
VAULT_KEYS: list[str] = env.list("VAULT_KEYS")
PORTAL_URL = env("PORTAL_URL").rstrip("/")
HTTPS = urlsplit(PORTAL_URL).scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(PORTAL_URL).hostname or ""])
SERVICES_FILE = env("SERVICES_FILE", default=str(BASE_DIR / "services.toml"))
# Where the browser may be sent by a form: the sign-in and the notebooks live on other origins.
FORM_ORIGINS: list[str] = env.list("FORM_ORIGINS", default=[])

# --- who runs this: names, texts and contacts are configuration, nothing about one laboratory is code -----------------
DEMO_NOTICE = env("DEMO_NOTICE", default="")
SITE: dict[str, Any] = {
    "name": env("SITE_NAME", default="VRE portal"),  # untranslated: a name
    "tagline": env("SITE_TAGLINE", default=""),
    "operator": env("SITE_OPERATOR", default=""),
    "operator_url": env("SITE_OPERATOR_URL", default=""),
    "audience": env("SITE_AUDIENCE", default="astroparticle physics"),
    "contact": env("SITE_CONTACT", default=""),
    # Where the source can be read, as https://git.example.org/vre/portal/blob/main: links of the documentation lead there.
    "source": env("SITE_SOURCE", default="").rstrip("/"),
    "version": __version__,
    # Their titles are marked for translation in vre_portal/policies/texts.py.
    "links": [
        {"url": "/terms/", "title": "Terms of use"},  # untranslated: marked there
        {"url": "/privacy/", "title": "Privacy"},
        {"url": "/acceptable-use/", "title": "Acceptable use"},  # untranslated: marked there
    ],
}
# Themes of projects that have a colour of their own, six at most; people may write any other.
SCIENCE_THEMES: list[str] = env.list("SCIENCE_THEMES", default=[])
# The stages of an analysis, in their order; a project can name the one that it is at.
PROJECT_STAGES: list[str] = env.list(
    "PROJECT_STAGES", default=["simulation", "data", "reconstruction", "analysis", "interpretation", "publication"]
)
# The whole Research Organization Registry as a JSON file, for the names of institutes; a list of the field is shipped.
ROR_FILE = env("ROR_FILE", default="")
# terms.md, privacy.md, acceptable-use.md; a new first line "Version: ..." asks everybody anew.
POLICIES_DIR = env("POLICIES_DIR", default=str(BASE_DIR / "vre_portal" / "policies" / "default"))
POLICIES_REQUIRED = env.bool("POLICIES_REQUIRED", True)
# mailto:... or https://..., shown in /.well-known/security.txt
SECURITY_CONTACT = env("SECURITY_CONTACT", default="")
SITE["security_contact"] = SECURITY_CONTACT
# The documentation that the portal shows at /docs/.
DOCS_DIR = env("DOCS_DIR", default=str(BASE_DIR / "docs"))

INSTALLED_APPS = [
    "vre_portal.admin_site.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "vre_portal.apps.PortalConfig",
    "vre_portal.pages.apps.Config",
    "vre_portal.iam",
    "vre_portal.iam.stored",
    "vre_portal.iam.profiles",
    "vre_portal.iam.personal_tokens.apps.Config",
    "vre_portal.form_drafts",
    "vre_portal.policies",
    "vre_portal.site_texts",
    "vre_portal.audit",
    "vre_portal.repositories",
    "vre_portal.recent",
    "vre_portal.search.apps.Config",
    "vre_portal.events.apps.Config",
    "vre_portal.notices.apps.Config",
    "vre_portal.allowances.apps.Config",
    "vre_portal.stop_switches.apps.Config",
    "vre_portal.banners.apps.Config",
    "vre_portal.notices.webhooks",
    "vre_portal.notices.mail.apps.Config",
    "projects",
    "projects.workflows",
    "projects.notebooks",
    "projects.baskets",
    "projects.requests",
    "projects.onboarding",
    "projects.news",
    "projects.webhooks",
    "projects.landing",
    "datalake",
    "datalake.index",
    "datalake.sites",
    "datalake.uploads",
    "datalake.access",
    "datalake.operations",
    "catalog.environments",
    "catalog.software",
]
MIDDLEWARE = [
    "vre_portal.request_id.middleware",
    "vre_portal.api.cookies.middleware",
    "vre_portal.audit.uses.middleware",
    "vre_portal.headers.middleware",
    "vre_portal.compression.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "vre_portal.request_guard.middleware",
    "vre_portal.notices.middleware.middleware",
    "vre_portal.pages.middleware.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "vre_portal.control_characters.middleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vre_portal.form_drafts.middleware.middleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vre_portal.bulkhead.middleware",
    "vre_portal.deadlines.middleware",
    "vre_portal.limits.middleware",
    "vre_portal.policies.asking.middleware",
    "vre_portal.remote_errors.middleware",
    "vre_portal.iam.sign_in.redirects.middleware",  # after the one above: it is asked first
    "vre_portal.iam.sign_in.group_refresh.middleware",
    "vre_portal.iam.sessions.session_tracking.middleware",
]
ROOT_URLCONF = "vre_portal.urls"
WSGI_APPLICATION = "vre_portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],  # nearly every template has words
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vre_portal.context_processors.theme",
            ],
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------------
DATABASES = {"default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "vre_portal.cache.ForgetfulCache",
        "LOCATION": env("CACHE_URL", default=REDIS_URL),
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
# What each web process keeps of rendered public pages; 0 keeps none.
PAGE_CACHE_MEGABYTES = env.int("PAGE_CACHE_MEGABYTES", 0 if DEBUG else 16)
# Not cached: a session that was ended while the cache was away would come back with it.
SESSION_ENGINE = "vre_portal.iam.sessions.session_store"

# --- events -------------------------------------------------------------------------------------------------------------
# Where the process for events answers browsers: by default the portal's own origin, behind its proxy; "off": open pages ask regularly.
_EVENTS = env("EVENTS_URL", default="")
EVENTS_URL = "" if _EVENTS == "off" else _EVENTS or "/events/"
_EVENTS_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(EVENTS_URL))
# Open pages that one process holds, and that one person may have in it; beyond, a page asks regularly.
EVENTS_STREAMS = env.int("EVENTS_STREAMS", 5000)
EVENTS_STREAMS_OF_PERSON = env.int("EVENTS_STREAMS_OF_PERSON", 30)

# --- people -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "iam.User"
AUTHENTICATION_BACKENDS = ["vre_portal.iam.backends.Known"]
# A session ends when it was not used for so long, and so long after the sign-in in any case.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", 8 * 3600)
SESSION_SECONDS = env.int("SESSION_SECONDS", 7 * 86400)
# How many sessions one person may have; beyond, the oldest ends. 0 is any number.
MAX_SESSIONS = env.int("MAX_SESSIONS", 0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:dashboard"
LOGOUT_REDIRECT_URL = "landing:home"
ACCOUNT_ADAPTER = "vre_portal.iam.sign_in.account_adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
# Groups older than this are asked for again before the next page: what the IAM takes away is gone within five minutes.
GROUPS_SECONDS = env.int("GROUPS_SECONDS", 240)
# The same before anything is changed or accepted, by a page or by a worker: nobody shall send 20 GB for a group that they left.
GROUPS_CHANGE_SECONDS = env.int("GROUPS_CHANGE_SECONDS", 60)
# Groups of a linked identity count for so long after its IAM last named them; nobody can ask that IAM while another is in use.
LINKED_GROUPS_SECONDS = env.int("LINKED_GROUPS_SECONDS", 86400)
# How long a person can see which of their tokens was used for what.
TOKEN_USE_DAYS = env.int("TOKEN_USE_DAYS", 365)
# Notices: read ones are deleted after NOTICE_DAYS, all after NOTICE_MAX_DAYS; one person has at most MAX_NOTICES.
NOTICE_DAYS = env.int("NOTICE_DAYS", 180)
NOTICE_MAX_DAYS = env.int("NOTICE_MAX_DAYS", 365)
MAX_NOTICES = env.int("MAX_NOTICES", 20_000)
# How old the number on the bell may be where only a role was taken away; all else is counted at once.
NOTICE_COUNT_SECONDS = env.float("NOTICE_COUNT_SECONDS", 10.0)
# A followed search is looked at once in so many minutes.
SAVED_SEARCH_MINUTES = env.float("SAVED_SEARCH_MINUTES", 15.0)
# Feed readers do not sign in: groups that the IAM has not confirmed for so long no longer count in feeds.
NOTICE_FEED_GROUP_DAYS = env.int("NOTICE_FEED_GROUP_DAYS", 7)
# What tokens of an IAM have as their audience that programs bring to /api/; and a scope that they need, where one is named.
API_AUDIENCE = env("API_AUDIENCE", default=PORTAL_URL)
API_SCOPE = env("API_SCOPE", default="")
# Groups that the IAM has not confirmed for so long do not count at /api/, where programs come without a sign-in at the portal.
API_GROUP_HOURS = env.int("API_GROUP_HOURS", 24)
# Audiences of other services whose tokens are accepted at ESAP's address, which only reads baskets: "rucio" for notebooks made for ESAP.
ESAP_AUDIENCES: list[str] = env.list("ESAP_AUDIENCES", default=[])
SOCIALACCOUNT_ADAPTER = "vre_portal.iam.sign_in.adapter.SocialAdapter"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False

# --- tasks --------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Measured: with kombu's defaults a killed worker's tasks come back after 104 s, with these after 13 s.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
    # Measured: kombu tries for six seconds to connect before a message fails, while a person waits for the answer; the sweep finds the row.
    "max_retries": 0,
}
# Who may begin projects: members of these IAM groups; everybody who signed in, where none is named. Whom the others ask.
PROJECT_CREATORS: list[str] = env.list("PROJECT_CREATORS", default=[])
PROJECT_CREATORS_CONTACT = env("PROJECT_CREATORS_CONTACT", default=SITE["contact"])
# A TOML file with further kinds of requests, who decides about the portal's own, and words for answers: docs/requests.md.
REQUESTS_FILE = env("REQUESTS_FILE", default="")
REQUEST_SIGN_IN_HOURS = env.int("REQUEST_SIGN_IN_HOURS", 24)  # after which an approved request no longer waits for its approver's sign-in
# Runs that one person may have under way, in all projects together.
ACTIVE_RUNS = env.int("ACTIVE_RUNS", 20)
# Registries that are asked whether the images of a workflow exist, over https unless written with http://; none turns it off.
IMAGE_REGISTRIES: list[str] = env.list("IMAGE_REGISTRIES", default=["docker.io", "ghcr.io", "quay.io", "registry.gitlab.com"])
# How much the files that are stored with all workflows of one project may take.
SPECIFICATION_MEGABYTES = env.int("SPECIFICATION_MEGABYTES", 300)
# The largest file that may be uploaded as an input of a run; all of one project take at most 40 times as much.
RUN_INPUT_MEGABYTES = env.int("RUN_INPUT_MEGABYTES", 25)
# How much data of the Data Lake one run may read: files, and gigabytes together.
INPUT_FILES = env.int("INPUT_FILES", 1000)
INPUT_GIGABYTES = env.int("INPUT_GIGABYTES", 100)
# Input files up to this size, and so many gigabytes of them together, go through the portal; runs fetch others themselves where they can.
STREAMED_MEGABYTES = env.int("STREAMED_MEGABYTES", 100)
STREAMED_GIGABYTES = env.int("STREAMED_GIGABYTES", 1)
# How many files one run may fetch itself, each with a token of its own; and the image, with Python, of the step that does it.
FETCHED_FILES = env.int("FETCHED_FILES", 20)
FETCHING_IMAGE = env("FETCHING_IMAGE", default="docker.io/library/python:3.13-slim")
# From so many files of its own on a serial workflow brings them as one archive, where the REANA may have a step of the portal's.
ARCHIVED_FILES = env.int("ARCHIVED_FILES", 200)
# How long a run waits for files that are staged from tape.
TAPE_HOURS = env.int("TAPE_HOURS", 72)
# How long a run waits for room in its person's quota at REANA.
QUOTA_HOURS = env.int("QUOTA_HOURS", 72)
# How long a worker may be silent about a launch before another takes it over.
LEASE_SECONDS = env.float("VRE_LEASE_SECONDS", 30.0)
# Messages to webhooks that are sent at the same time, by all workers together: each holds one of the worker's threads, so fewer than those.
WEBHOOKS_AT_ONCE = env.int("WEBHOOKS_AT_ONCE", 4)
# How often the space of storage elements is recorded. A new portal does so at once.
LAKE_SITES_SECONDS = env.float("VRE_LAKE_SITES_SECONDS", 3600.0)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "jobs-sweep": {"task": "jobs.sweep", "schedule": env.float("VRE_SWEEP_SECONDS", 2.0)},
    "workflows-forget-entries": {"task": "workflows.forget_entries", "schedule": 3600.0},
    "workflows-look-for-commits": {"task": "workflows.look_for_commits", "schedule": 900.0},  # each repository once a day
    "workflows-sweep": {"task": "workflows.sweep", "schedule": env.float("VRE_SWEEP_SECONDS", 2.0)},
    "notebooks-sweep": {"task": "notebooks.sweep", "schedule": env.float("VRE_NOTEBOOKS_SECONDS", 15.0)},
    "access-embargoes": {"task": "access.report_embargoes", "schedule": 3600.0},
    "access-sweep": {"task": "access.sweep", "schedule": env.float("VRE_ACCESS_SECONDS", 15.0)},
    "environments-collect": {"task": "environments.collect", "schedule": 3600.0},
    "software-harvest": {"task": "software.harvest", "schedule": 3600.0},
    "lake-sites": {"task": "lake_sites.look", "schedule": min(LAKE_SITES_SECONDS, 60.0)},  # which asks only where it is time
    "lake-accounts": {"task": "lake.watch_accounts", "schedule": env.float("VRE_LAKE_ACCOUNTS_SECONDS", 600.0)},
    "lake-uploads-forget": {"task": "lake_uploads.forget", "schedule": 600.0},
    "lake-index": {"task": "lake_index.fill", "schedule": env.float("VRE_LAKE_INDEX_SECONDS", 60.0)},
    "search-update": {"task": "search.update", "schedule": env.float("VRE_SEARCH_SECONDS", 2.0)},
    "search-compare": {"task": "search.compare", "schedule": 86400.0},
    "audit-forget": {"task": "audit.forget", "schedule": 86400.0},
    "requests-remind": {"task": "requests.remind", "schedule": 86400.0},
    "requests-delete-lost-files": {"task": "requests.delete_lost_files", "schedule": 86400.0},
    "notices-mail-forget": {"task": "notices_mail.forget", "schedule": 86400.0},
    "baskets-forget": {"task": "baskets.forget", "schedule": 3600.0},
    "news-forget": {"task": "news.forget", "schedule": 86400.0},
    "webhooks-forget": {"task": "webhooks.forget", "schedule": 3600.0},
    "form-drafts-forget": {"task": "form_drafts.forget", "schedule": 300.0},
    "repositories-forget": {"task": "repositories.forget", "schedule": 3600.0},
    "banners-forget": {"task": "banners.forget", "schedule": 86400.0},
    "notices-forget": {"task": "notices.forget", "schedule": 86400.0},
    "notices-saved-searches": {"task": "notices.saved_searches", "schedule": env.float("VRE_SAVED_SEARCH_SECONDS", 60.0)},
    "news-announce": {"task": "news.announce", "schedule": 30.0},
    "lake-followed": {"task": "lake_index.report_changes", "schedule": env.float("VRE_LAKE_FOLLOWED_SECONDS", 60.0)},
    "onboarding-forget": {"task": "onboarding.forget", "schedule": 86400.0},
    "iam-sweep": {"task": "iam.sweep", "schedule": 60.0},
    "health-check": {"task": "portal.check_services", "schedule": 30.0},
}
# A worker that was away finds no mountain of old messages: each has gone by the time that the next one says the same.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": max(_entry["schedule"], 10.0)}

# Onboardings that nobody changed for so long are deleted; the plans of their projects stay.
ONBOARDING_DAYS = env.int("ONBOARDING_DAYS", 365)

# --- mail ---------------------------------------------------------------------------------------------------------------
# Without EMAIL_HOST nothing is mailed. EMAIL_SECURITY: "none", "starttls" or "tls"; the port is 25, 587 or 465 unless it is set.
_MAIL_SECURITY = env("EMAIL_SECURITY", default="none")
if _MAIL_SECURITY not in ("none", "starttls", "tls"):
    raise ImproperlyConfigured(f"EMAIL_SECURITY is {_MAIL_SECURITY!r}; it may be none, starttls or tls")  # untranslated: for operators
MAIL_SERVER: dict[str, Any] = {
    "host": env("EMAIL_HOST", default=""),
    "port": env.int("EMAIL_PORT", 0) or None,
    "username": env("EMAIL_USER", default=""),
    "password": env("EMAIL_PASSWORD", default=""),
    "use_tls": _MAIL_SECURITY == "starttls",
    "use_ssl": _MAIL_SECURITY == "tls",
    "timeout": env.float("EMAIL_TIMEOUT", 10.0),
}
MAIL_FROM = env("EMAIL_FROM", default=f"no-reply@{urlsplit(PORTAL_URL).hostname or 'localhost'}")
# After a mail the next one to the same person waits so long, and twice as long each time while they follow each other.
MAIL_PAUSE_SECONDS = env.float("MAIL_PAUSE_SECONDS", 60.0)
MAIL_DIGEST_HOUR = env.int("MAIL_DIGEST_HOUR", 6) % 24  # of the daily mail, in UTC
MAIL_RECORD_DAYS = env.int("MAIL_RECORD_DAYS", 30)  # how long it is recorded that a mail was sent

# --- workflows -------------------------------------------------------------------------------------------------------
# The Python of the environment with the workflow engines (requirements/engines.txt), which read specifications in confined processes.
# Empty: workflows of Snakemake, CWL and Yadage are launched without being looked into, and their pages say so.
WORKFLOW_ENGINES = env("WORKFLOW_ENGINES", default="")

# --- files, language, time ----------------------------------------------------------------------------------------------
MEDIA_ROOT = env("MEDIA_ROOT", default=str(BASE_DIR / "media"))  # never served as such: each picture asks who looks
# Files on their way into a Data Lake. All web servers and workers share this folder; what is in it is no backup of anything.
UPLOAD_SPOOL = env("UPLOAD_SPOOL", default=str(BASE_DIR / "spool"))
UPLOAD_FILE_BYTES = env.int("UPLOAD_FILE_BYTES", 20 * 10**9)
UPLOAD_PERSON_BYTES = env.int("UPLOAD_PERSON_BYTES", 40 * 10**9)
UPLOAD_SPOOL_BYTES = env.int("UPLOAD_SPOOL_BYTES", 400 * 10**9)
UPLOAD_SPARE_BYTES = env.int("UPLOAD_SPARE_BYTES", 10**9)  # of the disk, never filled
UPLOAD_HOURS = env.int("UPLOAD_HOURS", 48)  # after which an upload that nobody goes on with is thrown away
WEB_THREADS = env.int("WEB_THREADS", 32)  # of one process: what waits for a server that hangs holds a quarter of them
# Connections that may send at a time, of one process and of one person in it: below the number of its threads.
UPLOAD_CONNECTIONS = env.int("UPLOAD_CONNECTIONS", 12)
UPLOAD_PERSON_CONNECTIONS = env.int("UPLOAD_PERSON_CONNECTIONS", 4)
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # files at the root of the site, which browsers ask for unasked: /favicon.ico
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "vre_portal.static_names.RememberingStorage"
    },
}
# The portal speaks one language at a time: English, the source, or one that locale/ holds.
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en-gb")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"

# Where the staff's pages are; ends in a slash.
ADMIN_PATH = env("ADMIN_PATH", default="control/").strip("/") + "/"

# --- the wall -----------------------------------------------------------------------------------------------------------
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF, *([_EVENTS_ORIGIN] if "//" in EVENTS_URL else [])],
    "form-action": [CSP.SELF, *FORM_ORIGINS],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "manifest-src": [CSP.SELF],
}
# At most so many in so many seconds, for one person, or for one address without a sign-in.
RATE_LIMITS = {
    "sign-in": env("LIMIT_SIGN_IN", default="120/60"),
    "logout": env("LIMIT_LOGOUT", default="600/60"),  # by an IAM, for its people
    "api": env("LIMIT_API", default="600/60"),
    "api-unknown": env("LIMIT_API_UNKNOWN", default="120/60"),  # requests whose token is refused, or cannot be checked now
    "api-hub": env("LIMIT_API_HUB", default="1200/60"),  # questions to hubs about tokens; all servers of a hub may have one address
    "hub": env("LIMIT_HUB", default="60/60"),  # at the address for JupyterHub, without a hub's secret
    "search": env("LIMIT_SEARCH", default="120/60"),
    "lookup": env("LIMIT_LOOKUP", default="30/60"),
    "launch": env("LIMIT_LAUNCH", default="60/60"),
    "act": env("LIMIT_ACT", default="60/60"),
    "upload": env("LIMIT_UPLOAD", default="60/60"),
    "files": env("LIMIT_FILES", default="1200/60"),  # begun to be sent in parts
    "download": env("LIMIT_DOWNLOAD", default="600/60"),
    "public-download": env("LIMIT_PUBLIC_DOWNLOAD", default="120/60"),  # of the lake's files, without a sign-in
    "export": env("LIMIT_EXPORT", default="10/600"),
    "feed": env("LIMIT_FEED", default="120/60"),  # Atom feeds at secret addresses
    "unsubscribe": env("LIMIT_UNSUBSCRIBE", default="300/60"),  # mail providers press for many people from one address
}
# Files that the portal's own account fetches, for those without one: so many at a time in all processes together and for one address (or
# person), each for so long, and zips of at most so many gigabytes. A download holds one of the WEB_THREADS.
PUBLIC_DOWNLOADS = env.int("PUBLIC_DOWNLOADS", 12)
PUBLIC_DOWNLOADS_PER_READER = env.int("PUBLIC_DOWNLOADS_PER_READER", 3)
PUBLIC_DOWNLOAD_SECONDS = env.int("PUBLIC_DOWNLOAD_SECONDS", 3600)
PUBLIC_ZIP_GIGABYTES = env.int("PUBLIC_ZIP_GIGABYTES", 10)
# How large a form with its files may be: it is kept in memory and in temporary files while it arrives.
UPLOAD_MEGABYTES = env.int("UPLOAD_MEGABYTES", 30)
# The same without its files: a text that is too long is answered by its form, which says the limit and keeps the text.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Launch forms have a field for each parameter and input of a workflow, and forms that take single files say themselves how many.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
# How many proxies of ours stand before the portal and append to X-Forwarded-For; with none the header is never read.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}vre_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}vre_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

LOGGING = logging_config(env("LOG_LEVEL", default="INFO"))
