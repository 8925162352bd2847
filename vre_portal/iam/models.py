"""A person is an issuer and a subject there, never an e-mail address or a name."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, override

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.models import Session
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from vre_portal.iam.sealing import seal, unseal
from vre_portal.iam.tokens import Tokens
from vre_portal.text import storable


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their identity."""

    @transaction.atomic
    def for_identity(self, issuer: str, subject: str, **facts: Any) -> "User":
        """The person with this identity, made or brought up to date with `facts` (name, email, groups); it is now the one they use."""
        own = {name: facts.pop(name) for name in Identity.GROUPS if name in facts}
        linked = Identity.objects.filter(issuer=issuer, subject=subject).values_list("user", flat=True).first()
        if linked is None:
            user, _ = self.update_or_create(issuer=issuer, subject=subject, defaults=facts)
            identity, _ = Identity.objects.get_or_create(issuer=issuer, subject=subject, defaults={"user": user})
            if identity.user_id != user.pk:
                raise IntegrityError("this identity was linked to somebody in this very moment")
        else:
            user, _ = self.update_or_create(pk=linked, defaults={**facts, "issuer": issuer, "subject": subject})
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

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    preferred_username = models.CharField(max_length=200, blank=True)  # shown and used as an account name at services; never an identity
    email = models.EmailField(max_length=320, blank=True)
    groups = models.JSONField(default=list, blank=True)
    groups_seen_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_per_identity"),)

    def __str__(self) -> str:
        return self.name or self.preferred_username or "someone"

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

    def in_group(self, group: str) -> bool:
        """Whether the IAM named this group, or one below it, when last asked."""
        return any(item == group or item.startswith(f"{group}/") for item in self.groups)

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


class Token(models.Model):
    """What the vault holds for one person: the sign-in (no service) or a token exchanged for one service."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    issuer = models.CharField(max_length=300, blank=True, db_default="")  # who issued it, and alone may see it again
    service = models.CharField(max_length=120, blank=True)  # "kind/name"; empty for the sign-in
    access = models.TextField(blank=True)
    refresh = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    purpose = models.CharField(max_length=200, blank=True)  # why it was last renewed
    renewed_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)  # signed out: to be revoked at the IAM, then deleted

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "service"], condition=models.Q(retired_at=None), name="one_live_token_per_service"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.service or 'sign-in'} of {self.user_id}"

    @property
    def owner(self) -> str:
        """To whom the sealed values are bound."""
        return f"{self.user_id}/{self.service}"

    def open_access(self) -> str:
        return unseal(self.access, owner=self.owner)

    def open_refresh(self) -> str:
        return unseal(self.refresh, owner=self.owner)

    def fill(self, tokens: Tokens, *, purpose: str) -> None:
        """Take over new tokens; an answer without refresh token leaves the old one good."""
        now = timezone.now()
        self.access = seal(tokens.access, owner=self.owner)
        if tokens.refresh:
            self.refresh = seal(tokens.refresh, owner=self.owner)
        self.scope, self.expires_at = tokens.scope, tokens.expires_at
        # A minute before the end, or at half time where the whole life is short.
        self.fresh_until = tokens.expires_at - min(timedelta(minutes=1), (tokens.expires_at - now) / 2)
        self.purpose, self.renewed_at = storable(purpose)[:200], now  # a purpose may name what somebody typed
        self.lease = self.leased_until = None


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    """Finds sessions, and ends them."""

    def live(self, user: User) -> "UserSessionQuerySet":
        """Those of one person that have not run out, the last used first."""
        return self.filter(user=user, session__expire_date__gt=timezone.now()).select_related("session").order_by("-last_seen_at")

    def called(self, handle: str) -> "UserSessionQuerySet":
        """The one that a form names, or none."""
        try:
            return self.filter(handle=uuid.UUID(handle))
        except ValueError:
            return self.none()

    def end(self) -> int:
        """Delete the sessions themselves: their next request is a stranger's. Returns how many."""
        keys = list(self.values_list("session_id", flat=True))
        Session.objects.filter(pk__in=keys).delete()
        return len(keys)


class UserSession(models.Model):
    """Where someone is signed in: a row beside each session, gone with it. The device is in words of ours, for browsers tell too much."""

    handle = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # the session's own key never leaves the server
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="known")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=80)
    address = models.GenericIPAddressField(null=True)
    issuer = models.CharField(max_length=300, blank=True)  # the IAM by which one came in
    sid = models.CharField(max_length=255, blank=True, default="", db_default="")  # the IAM's own session, where it tells
    signed_in_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = UserSessionQuerySet.as_manager()

    @override
    def __str__(self) -> str:
        return f"session of {self.user_id} since {self.signed_in_at:%Y-%m-%d}"

    @property
    def ends_at(self) -> datetime:
        """When it ends if it is not used any more."""
        return self.session.expire_date

    @property
    def ends_at_latest(self) -> datetime:
        return self.signed_in_at + timedelta(seconds=settings.SESSION_SECONDS)


class UsedLogout(models.Model):
    """A logout token of an IAM that was used: it counts once."""

    issuer = models.CharField(max_length=300)
    jti = models.CharField(max_length=255)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "jti"], name="one_use_of_a_logout_token"),)

    @override
    def __str__(self) -> str:
        return f"a logout by {self.issuer}"
