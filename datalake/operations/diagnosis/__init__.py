"""Why something in a lake is stuck: facts are gathered, then explained by a function that asks nobody."""
