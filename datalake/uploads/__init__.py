"""Files on their way from a browser into a Data Lake: received in parts, checked, moved, and only then registered."""
