"""What gunicorn does around the one worker process: begin and end the runner of workflows with it."""

import threading
from typing import Any

from devstack.reana import limits, runner

workers = 1  # the runner lives in the process; more would run workflows twice
worker_class = "gthread"
threads = 16
timeout = 60
graceful_timeout = 5
accesslog = str(limits.STATE / "access.log")  # with the tokens in the addresses of version 0.9, as a real server's
control_socket_disable = True  # it would lie in the home folder, one for all servers


def post_worker_init(worker: Any) -> None:
    """Settle what was left and take up what is queued."""
    runner.begin()


def worker_exit(server: Any, worker: Any) -> None:
    """Leave no job behind; not longer than the one who stops the stack is willing to wait."""
    ending = threading.Thread(target=runner.close, daemon=True)
    ending.start()
    ending.join(5)
