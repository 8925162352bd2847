"""Sessions in the database that end when nobody uses them, and some time after the sign-in in any case."""

import time
from datetime import datetime, timedelta
from typing import Any, override

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

SIGNED_IN_AT = "signed_in_at"  # in the session, seconds since 1970


class SessionStore(DatabaseStore):
    """The row carries the moment at which it ends if nothing more happens; session_tracking moves it while somebody is there."""

    def seconds_left(self) -> float:
        """Until the session of somebody who signed in ends in any case."""
        if SESSION_KEY not in self:
            return float(settings.SESSION_IDLE_SECONDS)
        began: float = self.get(SIGNED_IN_AT, 0)
        return began + float(settings.SESSION_SECONDS) - time.time()

    @override
    def cycle_key(self) -> None:
        """A new key at a sign-in; the row beside the session goes along with it, or this would be the end of that session."""
        from vre_portal.iam.models import UserSession  # the models are loaded after this module

        data, old = dict(self.items()), self.session_key
        self.create()
        self.update(data)
        self.save()
        if old:
            UserSession.objects.filter(session_id=old).update(session_id=self.session_key)
            self.delete(old)

    @override
    def get_expiry_age(self, **_: Any) -> int:
        """How long the browser keeps the cookie: it cannot know of the last use, so only the end in any case counts."""
        return max(0, int(self.seconds_left()))

    @override
    def get_expiry_date(self, **_: Any) -> datetime:
        """When the database forgets it if nothing more happens."""
        return timezone.now() + timedelta(seconds=min(self.seconds_left(), settings.SESSION_IDLE_SECONDS))
