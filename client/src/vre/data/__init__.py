"""Data of a Data Lake on this machine."""
