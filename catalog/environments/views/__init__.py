"""Pages of the environments; all but the editor are open to everyone."""
