"""Run a CWL workflow by cwltool without containers; run as a script by the Python of the engines' environment.

A DockerRequirement becomes the PATH of the environment that stands in for the image.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SYSTEM = "/usr/local/bin:/usr/bin:/bin"


def without_containers(node: Any, images: dict[str, str]) -> Any:
    """The same document with every DockerRequirement replaced; an unknown image ends the run."""
    if isinstance(node, list):
        return [without_containers(item, images) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: without_containers(value, images) for key, value in node.items()}
    for place in ("requirements", "hints"):
        wanted = as_list(node.get(place))
        pulls = [item for item in wanted if item.get("class") == "DockerRequirement"]
        if pulls:
            node[place] = [item for item in wanted if item.get("class") != "DockerRequirement"]
            add_path(node, programs(pulls[0].get("dockerPull", ""), images))
    return node


def as_list(found: Any) -> list[dict[str, Any]]:
    """CWL writes requirements as a list or as a map."""
    if isinstance(found, dict):
        return [{"class": name, **(value or {})} for name, value in found.items()]
    return list(found or [])


def programs(image: str, images: dict[str, str]) -> str:
    """The programs of the image's stand-in."""
    if image not in images:
        sys.exit(f"The image {image!r} is not available on this machine. Available: {', '.join(sorted(images))}.")
    return images[image]


def add_path(tool: dict[str, Any], folder: str) -> None:
    """Begin the tool's command by setting PATH, for cwltool passes its own PATH on whatever the tool asks for."""
    command = tool.get("baseCommand") or []
    tool["baseCommand"] = ["/usr/bin/env", f"PATH={folder}:{SYSTEM}", *([command] if isinstance(command, str) else command)]


def packed(source: str) -> Any:
    """The whole workflow as one document."""
    if source.endswith("packed.json"):
        return json.loads(Path(source).read_text())
    result = subprocess.run([sys.executable, "-m", "cwltool", "--pack", "--quiet", source], stdout=subprocess.PIPE, check=False)
    if result.returncode:
        sys.exit("The workflow file is not valid CWL.")
    return json.loads(result.stdout)


def main(settings: Path) -> None:
    """Become cwltool."""
    wanted = json.loads(settings.read_text())
    workflow = settings.with_name("workflow.cwl")
    workflow.write_text(json.dumps(without_containers(packed(wanted["source"]), wanted["images"])))
    job = Path(".reana-inputs.json")  # in the workspace root: files in it are named relative to it
    job.write_text(json.dumps(wanted["parameters"]))
    target = f"{workflow}#main" if "$graph" in workflow.read_text() else str(workflow)
    arguments = [sys.executable, "-m", "cwltool", "--no-container", "--disable-color", "--outdir", ".", target, str(job)]
    os.execvp(arguments[0], arguments)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
