"""Stop switches: staff stop an action at a service for a while; people are told before they press, and queued work waits."""
