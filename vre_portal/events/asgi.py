"""The application for an ASGI server, in a process of its own."""

import os
import resource
from contextlib import suppress

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vre_portal.settings")
django.setup(set_prefix=False)

from vre_portal.events.app import Application  # noqa: E402 -- it needs Django

with suppress(ValueError, OSError):  # each open page is a file of this process
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
application = Application()
