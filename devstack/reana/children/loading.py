"""Read a workflow's files into the document that REANA keeps of it; run as a script, it prints the document or ends with the reason."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml


def cwl(file: str) -> Any:
    """The whole workflow packed into one document."""
    done = subprocess.run([sys.executable, "-P", "-m", "cwltool", "--pack", "--quiet", file], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip() or "The workflow file is not valid CWL.")
    return json.loads(done.stdout)


def yadage(file: str, toplevel: str) -> Any:
    """The workflow with all that it refers to, checked against Yadage's schema."""
    import jsonschema.validators
    import yadageschemas
    from yadageschemas.dialects.raw_with_defaults import DefaultValidatingDraft4Validator

    # Today's jsonschema leaves this class, which turns short forms into long ones, where a part of the schema names its draft.
    jsonschema.validators.validates("draft4")(DefaultValidatingDraft4Validator)
    if not toplevel.startswith("github:"):
        toplevel = str(Path.cwd() / toplevel)
    schema = {"schema_name": "yadage/workflow-schema", "schemadir": None}
    return yadageschemas.load(spec=file, specopts={"toplevel": toplevel, "load_as_ref": False, **schema}, validopts=schema, validate=True)


def snakemake(file: str, parameters: dict[str, Any]) -> Any:
    """The rules with what they take and give. This runs the Snakefile's own Python."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings

    with SnakemakeApi(OutputSettings()) as api:
        found = api.workflow(
            resource_settings=ResourceSettings(nodes=1), config_settings=ConfigSettings(config=parameters),
            snakefile=Path(file), workdir=Path.cwd(), storage_provider_settings={},
        )._workflow  # fmt: skip
        return {"job_dependencies": {}, "steps": [_rule(rule) for rule in found.rules if not rule.norun]}


def _rule(rule: Any) -> dict[str, Any]:
    image = rule.container_img if isinstance(rule.container_img, str) else ""
    parts = {"inputs": rule.input, "params": rule.params, "outputs": rule.output}  # of which REANA keeps what has a name
    return {
        "name": rule.name,
        "environment": image.removeprefix("docker://"),
        **{key: {name: str(item) for name, item in part.items()} for key, part in parts.items()},
        "commands": [rule.shellcmd] if rule.shellcmd else [],
        "compute_backend": _plain(rule.resources.get("compute_backend")),
    }


def _plain(value: Any) -> str:
    value = getattr(value, "value", value)
    return value if isinstance(value, str) else ""


def load(wanted: dict[str, Any]) -> dict[str, Any]:
    """The document and the parameters, which may stand in a file of their own."""
    parameters = wanted["parameters"]
    if parameters.get("input") and wanted["type"] in ("cwl", "snakemake"):
        parameters = yaml.safe_load(Path(parameters["input"]).read_text())
    if wanted["type"] == "cwl":
        return {"specification": cwl(wanted["file"]), "parameters": parameters}
    if wanted["type"] == "yadage":
        if not Path(wanted["file"]).exists():
            raise ValueError(f"Workflow file {wanted['file']} does not exist")
        return {"specification": yadage(wanted["file"], wanted["options"].get("toplevel", "")), "parameters": parameters}
    # As in REANA, where only the file of parameters configures the Snakefile that is read; those of the reana.yaml do when it runs.
    config = parameters if wanted["parameters"].get("input") else {}
    kept = Path(".snakemake").exists()
    try:
        return {"specification": snakemake(wanted["file"], config), "parameters": parameters}
    finally:
        if not kept:  # nothing has run yet: what Snakemake wrote is of the reading
            shutil.rmtree(".snakemake", ignore_errors=True)


def main() -> int:
    """Load what is asked for; the reason why it cannot be loaded goes to the answer."""
    wanted, answer = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    try:
        found = load(wanted)
    except Exception as error:  # noqa: BLE001 -- whatever the person's own code raises is the answer
        found = {"error": f"{type(error).__name__}: {error}" if not str(error) else str(error)}
    answer.write_text(json.dumps(found, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
