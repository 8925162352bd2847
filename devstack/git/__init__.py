"""The stack's git server: the demonstration's analyses as repositories, read only, over smart HTTP."""
