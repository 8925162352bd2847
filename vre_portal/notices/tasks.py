"""The periodic tasks of notices."""

from celery import shared_task

from vre_portal.notices import retention, saved_searches


@shared_task(name="notices.forget", ignore_result=True)
def forget() -> None:
    """Delete notices that are too old or too many."""
    retention.forget()


@shared_task(name="notices.saved_searches", ignore_result=True)
def look_at_saved_searches() -> None:
    """Tell of new results for followed searches."""
    saved_searches.look_at_all()
