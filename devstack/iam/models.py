"""A person of the demonstration: a UUID as subject and a list of groups."""

import uuid
from typing import override

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    """An account; `groups` of Django's own are not used, the IAM's are names such as `escape/km3net`."""

    sub = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    memberships = models.JSONField(default=list)

    @override
    def __str__(self) -> str:
        return self.username
