"""The Data Lake's pages: lakes, dids, files, rules, rses."""
