"""Serve the receiver of webhooks: `python -m devstack.hooks.start`."""

from devstack.address import HOST, PORTS
from devstack.hooks.server import Received, make_server


def main() -> None:
    """Run until the process is stopped; what arrived is forgotten then."""
    make_server(Received(), HOST, PORTS["hooks"]).serve_forever()


if __name__ == "__main__":
    main()
