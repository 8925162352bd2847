"""Naming conventions of a Data Lake: what services.toml says of names and metadata, and whether something follows it."""

from datalake.naming.checking import NameCheck, check_metadata, check_name, fault, name_help
from datalake.naming.conventions import Convention, MetadataRule, Named, convention_for, conventions_of

__all__ = [
    "Convention",
    "MetadataRule",
    "NameCheck",
    "Named",
    "check_metadata",
    "check_name",
    "convention_for",
    "conventions_of",
    "fault",
    "name_help",
]
