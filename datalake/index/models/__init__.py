"""The portal"s own index of the lakes, because Rucio can neither count nor sort: DIDs, their metadata, and how old both are."""

from datalake.index.models.entries import MAX_BIGINT, IndexedScope, IndexEntry, MetadataKey, stored_size
from datalake.index.models.followed import FollowedDid
from datalake.index.models.saved import SavedSearch
from datalake.index.models.sync import STALE_AFTER, PendingName, Problem, ScannedName, SyncRun, SyncRunQuerySet

__all__ = [
    "MAX_BIGINT",
    "STALE_AFTER",
    "FollowedDid",
    "IndexEntry",
    "IndexedScope",
    "MetadataKey",
    "PendingName",
    "Problem",
    "SavedSearch",
    "ScannedName",
    "SyncRun",
    "SyncRunQuerySet",
    "stored_size",
]
