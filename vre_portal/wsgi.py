"""The WSGI application that serves the pages."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vre_portal.settings")


class Request(WSGIRequest):
    """A request that exists whatever its Content-Type says: what is wrong with it is refused by `request_guard`, as a page.

    Django's own takes over the coding that is named there and reads the address by it. Where that cannot be done (hex, idna), or where the
    header cannot be read, it raises before any middleware, and the server answers without words.
    """

    has_unreadable_content_type = False

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", {}
            self.has_unreadable_content_type = True


class Application(WSGIHandler):
    """Django's handler with the portal's own requests."""

    request_class = Request


django.setup(set_prefix=False)
application = Application()
