"""What the Python of the engines' environment runs: the real engines, each job of which is done by the server, as in REANA."""
