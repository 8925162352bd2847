"""Which REANA a request came to: the newer line and version 0.9 have a port each, with the same people and workflows behind them."""

from flask import request

from devstack import address

NEWER, OLDER = str(address.PORTS["reana"]), str(address.PORTS["reana-query"])


def is_older() -> bool:
    """Whether it came to the port of version 0.9, which takes its own tokens in the address and nothing else."""
    return str(request.environ["SERVER_PORT"]) == OLDER
