"""Nobody signs in by a password: an IAM proves who somebody is, and this only finds that person again in later requests."""

from typing import override

from django.contrib.auth.backends import BaseBackend

from vre_portal.iam.models import User


class Known(BaseBackend):
    """Who a session belongs to, as long as they are not switched off."""

    @override
    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
