"""What is kept about the storage elements of a lake: how full they were, and what the information catalogue says of them."""
