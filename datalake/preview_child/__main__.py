"""The child's beginning: limits first, then the one reader that the kind wants."""

import json
import sys
import warnings
from dataclasses import asdict
from importlib import import_module

from datalake.preview_child.limits import NoPreview, lock_down

READERS = {"fits": "fits", "picture": "picture", "table": "table", "text": "text"}


def main() -> None:
    """Write {"sections": [...]} or {"error": why} to stdout."""
    lock_down()
    warnings.simplefilter("ignore")  # a file's own oddities are no news for the log
    kind, truncated = sys.argv[1], sys.argv[2] == "truncated"
    reader = import_module(f"datalake.preview_child.{READERS[kind]}")
    try:
        answer: dict[str, object] = {"sections": [asdict(item) for item in reader.read(sys.stdin.buffer.read(), truncated)]}
    except NoPreview as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "It needs more memory than a preview may use."}
    except Exception as error:  # noqa: BLE001 -- whatever a broken file does to a parser, the answer is one sentence
        answer = {"error": f"It could not be read as what its name says ({type(error).__name__})."}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
