"""Runs inside a session's environment: start its kernel, run a cell for each line of JSON that comes in, tell what came of it."""

import json
import sys
from typing import Any

from jupyter_client.manager import start_new_kernel


def run(client: Any, code: str) -> dict[str, Any]:
    """What one cell printed, and what it raised."""
    text: list[str] = []

    def heard(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            text.append(content["text"])
        elif message["msg_type"] in ("display_data", "execute_result"):
            text.append(content["data"].get("text/plain", ""))

    reply = client.execute_interactive(code, allow_stdin=False, output_hook=heard, timeout=100)["content"]
    error = [reply["ename"], reply["evalue"]] if reply["status"] == "error" else []
    return {"text": "".join(text), "error": error}


def main() -> None:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        for line in sys.stdin:
            print(json.dumps(run(client, json.loads(line))), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
