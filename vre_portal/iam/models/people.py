"""A person is an issuer and a subject there, never an e-mail address or a name."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, override

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their identity."""

    @transaction.atomic
    def for_identity(self, issuer: str, subject: str, **facts: Any) -> "User":
        """The person with this identity, made or brought up to date with `facts` (name, email, groups); it is now the one they use."""
        own = {name: facts.pop(name) for name in Identity.GROUPS if name in facts}
        linked = Identity.objects.filter(issuer=issuer, subject=subject).values_list("user", flat=True).first()
        if linked is None:
            user, _created = self.update_or_create(issuer=issuer, subject=subject, defaults=facts)
            identity, _created = Identity.objects.get_or_create(issuer=issuer, subject=subject, defaults={"user": user})
            if identity.user_id != user.pk:
                raise IntegrityError("this identity was linked to somebody in this very moment")
        else:
            user, _created = self.update_or_create(pk=linked, defaults={**facts, "issuer": issuer, "subject": subject})
        name = user.name or user.preferred_username
        Identity.objects.filter(issuer=issuer, subject=subject).update(name=name[:200], used_at=timezone.now(), **own)
        if own:
            user.unite_groups()
        return user

    def owner_of(self, issuer: str, subject: str, **facts: Any) -> "User":
        """The person with this identity, also where they last used another one; made with `facts` where nobody has it."""
        linked = Identity.objects.filter(issuer=issuer, subject=subject).select_related("user").first()
        if linked:
            return linked.user
        facts = {name: value for name, value in facts.items() if name != "groups_left_out"}
        return self.get_or_create(issuer=issuer, subject=subject, defaults=facts)[0]


class User(AbstractBaseUser):
    """Someone who signed in at an IAM.

    Issuer and subject are the identity by which they last signed in, whose tokens the vault holds; the others that they linked are in
    Identity. `groups` are those of all their identities, without leading slash: of the one in use as last seen, of the others while
    what their IAM said is no older than LINKED_GROUPS_SECONDS. `groups_seen_at` is about the one in use.
    """

    handle = models.UUIDField(_("handle"), default=uuid.uuid4, unique=True, editable=False)
    issuer = models.CharField(_("issuer"), max_length=300)
    subject = models.CharField(_("subject"), max_length=255)
    name = models.CharField(_("name"), max_length=200, blank=True)
    # Shown and used as an account name at services; never an identity.
    preferred_username = models.CharField(_("account name"), max_length=200, blank=True)
    orcid = models.CharField(_("ORCID iD"), max_length=19, blank=True, db_default="")  # as the IAM has verified it
    email = models.EmailField(_("e-mail address"), max_length=320, blank=True)
    groups = models.JSONField(_("groups"), default=list, blank=True)
    groups_seen_at = models.DateTimeField(_("groups updated"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    date_joined = models.DateTimeField(_("first sign-in"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_per_identity"),)

    def __str__(self) -> str:
        return self.name or self.preferred_username or gettext("someone")

    def get_full_name(self) -> str:
        return str(self)

    def unite_groups(self) -> None:
        """Write down anew what all identities hold together."""
        found, seen = set[str](), self.groups_seen_at
        for identity in Identity.objects.filter(user=self):
            if identity.is_of(self):
                seen = identity.groups_seen_at or seen  # never "nothing to ask for" again
                found.update(identity.groups)
            elif identity.counts:
                found.update(identity.groups)
        self.groups, self.groups_seen_at = sorted(found), seen
        User.objects.filter(pk=self.pk).update(groups=self.groups, groups_seen_at=seen)

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Identity(models.Model):
    """One way in: an issuer and a subject there. The first comes with the person, others they link on purpose, one for each IAM."""

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)  # what that IAM calls the person
    linked_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    groups = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    groups_seen_at = models.DateTimeField(null=True, blank=True)  # when that IAM last said so; empty where it ended the sign-in since
    groups_left_out = models.PositiveIntegerField(default=0, db_default=0)  # that it named and that cannot be used here

    GROUPS: ClassVar[tuple[str, ...]] = ("groups", "groups_seen_at", "groups_left_out")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_identity"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_identity_per_iam"),
        )
        ordering = ("linked_at",)

    @override
    def __str__(self) -> str:
        return f"{self.name or self.subject} at {self.issuer}"

    def is_of(self, user: User) -> bool:
        """Whether it is the one by which the person last signed in."""
        return (self.issuer, self.subject) == (user.issuer, user.subject)

    @property
    def counts(self) -> bool:
        """Whether its groups are known newly enough to count while another is in use."""
        return self.groups_seen_at is not None and timezone.now() < self.counts_until

    @property
    def counts_until(self) -> datetime:
        """Until when they count if its IAM is not asked again."""
        return (self.groups_seen_at or self.linked_at) + timedelta(seconds=settings.LINKED_GROUPS_SECONDS)
