"""What is forgotten by itself."""

import logging

from celery import shared_task

from vre_portal.audit import uses

logger = logging.getLogger(__name__)


@shared_task(name="audit.forget", ignore_result=True)
def forget() -> None:
    """Uses of tokens that are older than TOKEN_USE_DAYS; the record of acts is kept."""
    if count := uses.forget():
        logger.info("%s uses of tokens were forgotten", count)
