"""When the portal looks next whether a repository has newer commits."""

from django.db import models


class RepositoryLook(models.Model):
    """One address from which workflows came; all its branches are looked at together, once a day."""

    address = models.CharField(max_length=500, unique=True)
    next_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("next_at",)

    def __str__(self) -> str:
        return self.address
