"""Stands where JupyterLab does in tests of the hub: answers as a single-user server does, and starts in no time."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    """Says that it is there, and of which version."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.end_headers()
        own = {"token": os.environ["JUPYTERHUB_API_TOKEN"]} if self.path.endswith("/own-token") else {}  # noqa: TID251 -- as a notebook has it
        self.wfile.write(json.dumps(own).encode())


if __name__ == "__main__":
    where = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])  # noqa: TID251 -- the hub tells it so
    HTTPServer((where.hostname or "127.0.0.1", where.port or 0), Handler).serve_forever()
