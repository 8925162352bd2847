"""Deleting onboardings that nobody goes on with."""

from celery import shared_task

from projects.onboarding import services


@shared_task(name="onboarding.forget", ignore_result=True)
def forget() -> None:
    """Delete onboardings that were not changed for ONBOARDING_DAYS."""
    services.forget_old()
