"""Deleting drafts whose time is over."""

from celery import shared_task

from vre_portal.form_drafts.models import FormDraft


@shared_task(name="form_drafts.forget", ignore_result=True)
def forget() -> None:
    """Delete drafts of forms that are out of date."""
    FormDraft.objects.expired().delete()
