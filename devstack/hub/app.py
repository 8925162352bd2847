"""JupyterHub that answers only to its own names, behind the proxy and directly: `python -m devstack.hub.app`."""

from typing import Any

from jupyterhub import dbutil
from jupyterhub.app import JupyterHub
from tornado import web
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest

from devstack.address import HOST, PORTS

NAMES = {f"{HOST}:{PORTS[name]}" for name in ("hub", "hub-internal")}
MISDIRECTED = 421
dbutil.ALEMBIC_DIR = dbutil.ALEMBIC_DIR.replace("%", "%%")  # it goes into a file in which % begins a name


class NamedApplication(web.Application):
    """Turns away a request for another host, as a page of another site makes it with a name that leads here."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:
        if request.host in NAMES:
            return super().find_handler(request, **kwargs)
        return self.get_handler_delegate(request, web.ErrorHandler, {"status_code": MISDIRECTED})


class LoopbackHub(JupyterHub):  # type: ignore[misc]
    """The hub with that application."""

    name = "jupyterhub"

    def init_tornado_application(self) -> None:
        self.tornado_application = NamedApplication(self.handlers, **self.tornado_settings)


if __name__ == "__main__":
    LoopbackHub.launch_instance()
