"""The lake's page: what there is, and the search over it."""
