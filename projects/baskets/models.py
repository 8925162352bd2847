"""Baskets, what is in them, and the links by which others read them."""

import hashlib
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Coalesce, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from vre_portal.iam.models import User
from vre_portal.validators import validate_visible_line

MAX_NAME, MAX_NOTE, MAX_TITLE = 100, 500, 300  # characters
MAX_KIND, MAX_VALUE = 20, 880  # together with the colon between them no more than a thing may have
UNDO_WITHIN = timedelta(hours=1)


class BasketQuerySet(models.QuerySet["Basket"]):
    """Baskets by person."""

    def of(self, owner: User) -> "BasketQuerySet":
        """Those of a person that they did not delete, the current one first."""
        return self.filter(owner=owner, deleted_at=None).order_by("-chosen_at", "-pk")

    def with_sizes(self) -> "BasketQuerySet":
        """Each with its `size`."""
        items = BasketItem.objects.filter(basket=models.OuterRef("pk"), removal=None).order_by()
        count = items.values("basket").annotate(count=models.Count("pk")).values("count")
        return self.annotate(item_count=Coalesce(models.Subquery(count), 0))


class Basket(models.Model):
    """A basket of a person. Of several the one that was chosen last is the current one, into which things go."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="baskets")
    name = models.CharField(_("name"), max_length=MAX_NAME, validators=[validate_visible_line])
    project = models.ForeignKey(
        Project,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("project"),
        help_text=_("What it is collected for"),
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    chosen_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BasketQuerySet] = BasketQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint("owner", Lower("name"), condition=Q(deleted_at=None), name="a_basket_name_once"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("baskets:basket", args=[self.pk])

    @property
    def size(self) -> int:
        """How many items it has, where a query has counted them."""
        return int(self.__dict__.get("item_count", 0))


class BasketItemQuerySet(models.QuerySet["BasketItem"]):
    """Items by whether they are still in their basket."""

    def present(self) -> "BasketItemQuerySet":
        """Those that were not removed, in the person's order."""
        return self.filter(removal=None).order_by("position", "pk")


class BasketItem(models.Model):
    """A thing in a basket, as it was called when its owner last saw it there. A removed one stays a while, so that the removal can be undone."""

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="items")
    kind = models.CharField(max_length=MAX_KIND)
    value = models.CharField(max_length=MAX_VALUE)
    title = models.CharField(max_length=MAX_TITLE)
    note = models.CharField(_("note"), max_length=MAX_NOTE, blank=True)
    position = models.FloatField()
    added_at = models.DateTimeField(default=timezone.now)
    removal = models.UUIDField(null=True, help_text=_("By which removal it went, of one or of many"))
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[BasketItemQuerySet] = BasketItemQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("position", "pk")
        constraints = (
            # By its hash: a value may be longer than an index entry.
            models.UniqueConstraint("basket", "kind", MD5("value"), condition=Q(removal=None), name="a_thing_once_in_a_basket"),
        )
        indexes = (
            models.Index(fields=["basket", "position"], condition=Q(removal=None), name="basket_in_order"),
            models.Index(fields=["removed_at"], condition=Q(removal__isnull=False), name="basket_removed"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def thing(self) -> str:
        """As the registry of things has it."""
        return f"{self.kind}:{self.value}"


class BasketShareQuerySet(models.QuerySet["BasketShare"]):
    """Links by whether they work."""

    def working(self) -> "BasketShareQuerySet":
        """Those that were not revoked and whose last moment has not come, of baskets that are there."""
        lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(lasting, revoked_at=None, basket__deleted_at=None, basket__owner__is_active=True)


class BasketShare(models.Model):
    """A link by which anyone who has it reads a basket; of its secret only a digest is stored."""

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="shares")
    secret_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BasketShareQuerySet] = BasketShareQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.basket_id}/{self.pk}"

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a secret of 256 random bits."""
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
