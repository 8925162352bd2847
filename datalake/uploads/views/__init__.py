"""Pages and addresses of uploads."""
