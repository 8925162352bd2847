"""Which REANA a request came to: the newer line and version 0.9 have a port each, with the same people and workflows behind them.

REANA_PORT and REANA_QUERY_PORT give them other ports than the stack's, for a second REANA that believes the same IAM.
"""

import os

from flask import request

from devstack import address

NEWER = os.environ.get("REANA_PORT") or str(address.PORTS["reana"])
OLDER = os.environ.get("REANA_QUERY_PORT") or str(address.PORTS["reana-query"])
NEWER_URL, OLDER_URL = f"http://{address.HOST}:{NEWER}", f"http://{address.HOST}:{OLDER}"


def takes_bundles() -> bool:
    """Whether it takes specifications with their files, which the newer line says in its ping; REANA_BUNDLES=no is one before that."""
    return not is_older() and os.environ.get("REANA_BUNDLES", "yes") == "yes"


def is_older() -> bool:
    """Whether it came to the port of version 0.9, which takes its own tokens in the address and nothing else."""
    return str(request.environ["SERVER_PORT"]) == OLDER
