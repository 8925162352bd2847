"""Which permission the end of a project needs: that of its leads alone."""

from projects.permissions import Permission

MANAGE: Permission = getattr(Permission, "MANAGE", Permission.PEOPLE)
