"""What a person, a job and the server may use; each can be set in the environment."""

import os

from devstack import address

STATE = address.state_dir("reana")
WORKSPACES = STATE / "workspaces"
DATABASE = STATE / "reana.sqlite3"
ENVIRONMENTS = address.ENVS

MIB = 1024**2
GIB = 1024**3


def number(name: str, default: int) -> int:
    """A whole number from the environment."""
    return int(os.environ.get(name, default))


WORKFLOWS_AT_ONCE = number("REANA_WORKFLOWS_AT_ONCE", 2)
JOBS_AT_ONCE = number("REANA_JOBS_AT_ONCE", 2)  # of one workflow
REQUESTS_PER_SECOND = number("REANA_REQUESTS_PER_SECOND", 20)  # of version 0.9: per address and User-Agent; 0 for no limit
JOB_SECONDS = number("REANA_JOB_SECONDS", 1800)
JOB_MEMORY = number("REANA_JOB_MEMORY", 2 * GIB)
JOB_FILE_BYTES = number("REANA_JOB_FILE_BYTES", 1 * GIB)
ENGINE_SECONDS = number("REANA_ENGINE_SECONDS", 6 * 3600)  # a whole workflow of Snakemake, CWL or Yadage
LOADING_SECONDS = number("REANA_LOADING_SECONDS", 60)  # reading such a workflow's files before it is queued
WORKSPACE_BYTES = number("REANA_WORKSPACE_BYTES", 4 * GIB)
WORKSPACE_FILES = number("WORKSPACE_DISPLAY_FILE_LIMIT", 100_000)  # more are not listed
LOG_BYTES = number("REANA_LOG_BYTES", 100 * MIB)  # of one job or one engine
BUNDLE_BYTES = number("REANA_BUNDLE_BYTES", 10 * MIB)  # a specification that is sent to the newer line with its files
BUNDLE_FILES = number("REANA_BUNDLE_FILES", 500)
UPLOAD_BYTES = number("REANA_UPLOAD_BYTES", 2 * GIB)
DISK_QUOTA = number("REANA_DISK_QUOTA", 0)  # bytes of all workspaces of one person; 0 for no limit
CPU_QUOTA = number("REANA_CPU_QUOTA", 0)  # milliseconds of all jobs of one person; 0 for no limit
QUEUED_SECONDS = float(os.environ.get("REANA_QUEUED_SECONDS", "0"))  # how long the scheduler waits with each workflow
PENDING_SECONDS = float(os.environ.get("REANA_PENDING_SECONDS", "0"))  # and how long its engine takes to start
AUDIENCE = os.environ.get("REANA_AUDIENCE", "reana")
ROLE = os.environ.get("REANA_ROLE", "reana:user")  # what the claim reana_roles has to hold
LIVE_LOGS = os.environ.get("REANA_LIVE_LOGS", "yes") == "yes"  # an option of the newer line; version 0.9 tells logs when a job has ended
LIVE_LOG_ROWS = number("REANA_LIVE_LOG_ROWS", 5000)  # live logs come from an index that gives the first rows and no others; 0 for all
