"""The science project: who belongs to it and what it binds together."""

from projects.models.invitation import Invitation as Invitation
from projects.models.invitation import InvitationUse as InvitationUse
from projects.models.membership import Membership as Membership
from projects.models.membership import Role as Role
from projects.models.project import Project as Project
from projects.models.project import spelt as spelt
from projects.models.project import text_label as text_label
from projects.models.resource import FromScope as FromScope
from projects.models.resource import Resource as Resource
from projects.models.resource import ResourceQuerySet as ResourceQuerySet
from projects.models.resource import closed_to as closed_to
from projects.models.tombstone import Tombstone as Tombstone
from projects.models.transfer_offer import TransferOffer as TransferOffer
