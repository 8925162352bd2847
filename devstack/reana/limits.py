"""What a person, a job and the server may use; each can be set in the environment."""

import os

from devstack import address

STATE = address.state_dir("reana")
WORKSPACES = STATE / "workspaces"
DATABASE = STATE / "reana.sqlite3"
ENVIRONMENTS = address.ENVS

GIB = 1024**3


def number(name: str, default: int) -> int:
    """A whole number from the environment."""
    return int(os.environ.get(name, default))


WORKFLOWS_AT_ONCE = number("REANA_WORKFLOWS_AT_ONCE", 2)
REQUESTS_PER_SECOND = number("REANA_REQUESTS_PER_SECOND", 20)  # of version 0.9: per address and User-Agent; 0 for no limit
JOB_SECONDS = number("REANA_JOB_SECONDS", 1800)
JOB_MEMORY = number("REANA_JOB_MEMORY", 2 * GIB)
JOB_FILE_BYTES = number("REANA_JOB_FILE_BYTES", 1 * GIB)
WORKSPACE_BYTES = number("REANA_WORKSPACE_BYTES", 4 * GIB)
LOG_BYTES = number("REANA_LOG_BYTES", 1024**2)
UPLOAD_BYTES = number("REANA_UPLOAD_BYTES", 2 * GIB)
DISK_QUOTA = number("REANA_DISK_QUOTA", 0)  # bytes of all workspaces of one person; 0 for no limit
AUDIENCE = os.environ.get("REANA_AUDIENCE", "reana")
ROLE = os.environ.get("REANA_ROLE", "reana:user")  # what the claim reana_roles has to hold
LIVE_LOGS = os.environ.get("REANA_LIVE_LOGS", "yes") == "yes"  # an option of the newer line; version 0.9 tells logs when a job has ended
