"""The local stack's Data Lake: the real Rucio server, its daemons in one process, and demonstration data."""
