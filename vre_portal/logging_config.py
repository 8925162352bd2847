"""How the portal logs: JSON lines on the standard error, without the noise of libraries."""

from typing import Any


def logging_config(level: str) -> dict[str, Any]:
    """The setting LOGGING, for messages of at least this level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "vre_portal.request_id.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "propagate": False},
            # Every second another task is due: the lines would bury everything else.
            **{name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")},
            "urllib3": {"level": "ERROR"},
        },
    }
