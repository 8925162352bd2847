"""What else happens when a worker changes a job: applications register functions that are called in the transaction of the change."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import InterfaceError, OperationalError, models, transaction

logger = logging.getLogger(__name__)
# Called with the job as it is now; it asks no remote service.
Observer = Callable[[Any], None]
_observers: dict[tuple[type[models.Model], str], list[Observer]] = {}


def register(model: type[models.Model], column: str, observer: Observer) -> None:
    """Call `observer` with the job whenever a worker gives this column another value."""
    observers = _observers.setdefault((model, column), [])
    if observer not in observers:
        observers.append(observer)


def watched(job: models.Model, values: Mapping[str, Any]) -> list[str]:
    """The columns of which `values` holds another value than the job has, and which somebody watches."""
    return [name for name, value in values.items() if (type(job), name) in _observers and getattr(job, name) != value]


def announce(job: models.Model, columns: Iterable[str]) -> None:
    """Call the observers of these columns; what one of them does is undone where it fails, and the change stays."""
    for column in columns:
        for observer in _observers[type(job), column]:
            try:
                with transaction.atomic():
                    observer(job)
            except (OperationalError, InterfaceError):
                raise
            except Exception:  # an error in what is told must not keep the work from being done
                logger.exception("a change of %s %s could not be announced", job._meta.label, job.pk)
