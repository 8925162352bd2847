"""What a person looked at last, for their own lists: at most MAX_ITEMS rows, which they can clear or switch off."""
