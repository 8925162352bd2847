"""Start the local stack's JupyterHub: `python -m devstack.hub.start`."""

import os
import sys
from pathlib import Path

from devstack import address
from devstack.hub import install


def main() -> None:
    """Prepare, then become JupyterHub; it starts and stops its own proxy and the sessions."""
    install.install()
    address.wait_for(f"{address.IAM_ISSUER}.well-known/openid-configuration")
    state = address.state_dir("hub")
    state.chmod(0o700)
    os.environ["PYTHONPATH"] = str(address.ROOT)
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    os.chdir(state)
    config = Path(__file__).with_name("jupyterhub_config.py")
    os.execv(sys.executable, [sys.executable, "-m", "devstack.hub.app", "--config", str(config)])


if __name__ == "__main__":
    main()
