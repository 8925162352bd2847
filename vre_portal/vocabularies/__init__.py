"""Identifiers and lists that the whole product checks in the same way: ORCID, DOI, licences (SPDX) and institutes (ROR)."""
