"""Form drafts: what somebody typed while their sign-in was ending, kept for them for an hour."""
