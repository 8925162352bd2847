"""What a person collected on the pages of the portal, in baskets that they name, order, annotate and share."""
