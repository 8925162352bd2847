"""What the portal puts into a workspace for its own step."""
