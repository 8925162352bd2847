"""The codemeta.json of a record: the project's own where its licence lets us carry it, else one made from the facts."""

import json
from pathlib import Path
from typing import Any

from devstack.records.model import File

FOLDER = Path(__file__).parent / "codemeta"


def codemeta_file(entry: dict[str, Any], version: dict[str, Any]) -> File:
    if entry.get("codemeta"):
        return File("codemeta.json", (FOLDER / entry["codemeta"]).read_bytes(), "application/json")
    return File("codemeta.json", json.dumps(generated(entry, version), indent=2).encode(), "application/json")


def generated(entry: dict[str, Any], version: dict[str, Any]) -> dict[str, Any]:
    """CodeMeta 2.0 of what is known, labelled as ours; unknown things are left out."""
    licence = f"https://spdx.org/licenses/{entry['licence']}" if entry["licence"] else None
    facts = {
        "@context": "https://doi.org/10.5063/schema/codemeta-2.0",
        "@type": "SoftwareSourceCode",
        "name": entry["name"],
        "description": f"{entry['description']}. (Generated for the demonstration, not the project's own file.)",
        "identifier": version["doi"],
        "softwareVersion": version["version"],
        "datePublished": version["published"],
        "license": licence,
        "codeRepository": entry["repository"],
        "programmingLanguage": entry.get("programming_language"),
        "runtimePlatform": entry.get("container_image"),
        "keywords": entry["keywords"],
        "author": [author(creator) for creator in entry["creators"]],
    }
    return {key: value for key, value in facts.items() if value}


def author(creator: dict[str, Any]) -> dict[str, Any]:
    kind = "Organization" if creator["type"] == "organizational" else "Person"
    known = {"@type": kind, "name": creator["name"]}
    if creator["orcid"]:
        known["@id"] = f"https://orcid.org/{creator['orcid']}"
    return known
