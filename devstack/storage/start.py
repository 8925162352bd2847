"""Serve the storage folders, of which one is a tape library, over WebDAV and https, in the foreground."""

import logging
import signal
import sys
import threading
from types import FrameType

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp

from devstack import address
from devstack.storage import certificate
from devstack.storage.guard import Guard

FOLDERS = {"annecy": True, "bologna": True, "erlangen": False, "tape": True}  # name -> read-only


def application() -> Guard:
    """The WebDAV application, as bare as it can be, behind the guard."""
    state = address.state_dir("storage")
    for name in FOLDERS:
        (state / name).mkdir(exist_ok=True)
    config = {
        "provider_mapping": {
            f"/{name}": FilesystemProvider(str(state / name), readonly=readonly, fs_opts={}) for name, readonly in FOLDERS.items()
        },
        "simple_dc": {"user_mapping": {"*": True}},  # the guard has looked at the token already
        "http_authenticator": {"accept_basic": False, "accept_digest": False, "default_to_digest": False},
        "dir_browser": {"enable": False},
        "lock_storage": False,
        "property_manager": False,
        "verbose": 1,
        "logging": {"enable": False},
    }
    return Guard(WsgiDAVApp(config), state)


def quiet(unraisable: "sys.UnraisableHookArgs") -> None:
    """A visitor who hangs up early is no event; the server's buffers complain about it when they are thrown away."""
    if not isinstance(unraisable.exc_value, OSError):
        sys.__unraisablehook__(unraisable)


def main() -> int:
    sys.unraisablehook = quiet
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
    chain, key = certificate.prepare(address.state_dir("storage"))
    server = wsgi.Server((address.HOST, address.PORTS["storage"]), application(), numthreads=8, server_name="storage", timeout=30)
    server.ssl_adapter = BuiltinSSLAdapter(str(chain), str(key))

    def stop(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Storage on {address.STORAGE_URL}", flush=True)
    server.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
