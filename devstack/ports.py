"""Whether the ports of a stack are free; standard library only, so that it can be asked before anything is installed."""

import errno
import os
import socket
from collections.abc import Iterable

from devstack import address


class PortError(Exception):
    """A port of the stack cannot be used; the text says which, why and what to do."""


def problem(port: int) -> str:
    """Why nothing can listen on a port of this machine, or nothing where it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.HOST, port))
        except OSError as error:
            return "in use" if error.errno == errno.EADDRINUSE else f"not available ({os.strerror(error.errno or 0)})"
    return ""


def is_free(base: int) -> bool:
    """Whether a whole stack can listen from this port on."""
    return not any(problem(base + port - address.PORT_BASE) for port in address.PORTS.values())


def check(names: Iterable[str]) -> None:
    """Raise PortError for the first port that one of the named processes needs and cannot have."""
    wanted = set(names)
    for name, port in address.PORTS.items():
        if name.split("-")[0] in wanted and (why := problem(port)):
            other = next((base for base in range(9000, 30000, 1000) if base != address.PORT_BASE and is_free(base)), 0)
            advice = f", or use other ports: PORT_BASE={other} make run" if other else ""
            raise PortError(f"Port {port} ({name}) is {why}. Stop the program that listens there{advice}")
