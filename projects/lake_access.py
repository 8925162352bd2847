"""Who has an account at a Data Lake, and so may see what is in it and not restricted."""

from datalake.index.visitors import has_account

__all__ = ["has_account"]
