"""Container images: their names, and what their registries say of them."""
