"""What the server says of itself in `/api/info`; each fact can be set for a stack of one's own by REANA_INFO, a JSON object."""

import json
import os
from functools import cache
from typing import Any

from devstack.reana import face, images, limits

TITLES = {
    "compute_backends": "List of supported compute backends",
    "cwl_engine_tool": "CWL engine tool",
    "cwl_engine_version": "CWL engine version",
    "dask_enabled": "Dask workflows allowed in the cluster",
    "default_kubernetes_cpu_limit": "Default CPU limit for Kubernetes jobs",
    "default_kubernetes_cpu_request": "Default CPU request for Kubernetes jobs",
    "default_kubernetes_jobs_timeout": "Default timeout for Kubernetes jobs",
    "default_kubernetes_memory_limit": "Default memory limit for Kubernetes jobs",
    "default_kubernetes_memory_request": "Default memory request for Kubernetes jobs",
    "default_workspace": "Default workspace",
    "gitlab_host": "GitLab host",
    "interactive_session_recommended_jupyter_images": "Recommended Jupyter images for interactive sessions",
    "interactive_sessions_custom_image_allowed": "Users can set custom interactive session images",
    "kubernetes_max_cpu_limit": "Maximum allowed CPU limit for Kubernetes jobs",
    "kubernetes_max_cpu_request": "Maximum allowed CPU request for Kubernetes jobs",
    "kubernetes_max_memory_limit": "Maximum allowed memory limit for Kubernetes jobs",
    "kubernetes_max_memory_request": "Maximum allowed memory request for Kubernetes jobs",
    "kubernetes_min_user_uid": "Minimum allowed user runtime container UID for Kubernetes jobs",
    "maximum_interactive_session_inactivity_period": "Maximum inactivity period in days before automatic closure of interactive sessions",
    "maximum_kubernetes_jobs_timeout": "Maximum timeout for Kubernetes jobs",
    "maximum_workspace_retention_period": "Maximum retention period in days for workspace files",
    "snakemake_engine_version": "Snakemake engine version",
    "supported_workflow_engines": "List of supported workflow engines",
    "vetted_container_images_allowlist": "List of vetted container images allowed in user workflows",
    "vetted_container_images_enabled": "Vetted container images required for user workflows",
    "workspaces_available": "List of available workspaces",
    "yadage_engine_adage_version": "Yadage engine adage version",
    "yadage_engine_packtivity_version": "Yadage engine packtivity version",
    "yadage_engine_version": "Yadage engine version",
}
OLDER = frozenset({  # all that version 0.9 says of itself
    "compute_backends", "default_kubernetes_jobs_timeout", "default_kubernetes_memory_limit", "default_workspace",
    "kubernetes_max_memory_limit", "maximum_interactive_session_inactivity_period", "maximum_kubernetes_jobs_timeout",
    "maximum_workspace_retention_period", "workspaces_available",
})  # fmt: skip


@cache
def facts() -> dict[str, Any]:
    """Every fact by its name; where the environment says nothing, what is true of this machine."""
    memory, cores, seconds = f"{limits.JOB_MEMORY // limits.MIB}Mi", str(os.cpu_count()), str(limits.JOB_SECONDS)
    found: dict[str, Any] = {
        "compute_backends": ["kubernetes"],
        "cwl_engine_tool": "cwltool",
        "cwl_engine_version": _version("cwltool"),
        "dask_enabled": "False",
        "default_kubernetes_cpu_limit": cores,
        "default_kubernetes_cpu_request": "1",
        "default_kubernetes_jobs_timeout": seconds,
        "default_kubernetes_memory_limit": memory,
        "default_kubernetes_memory_request": memory,
        "default_workspace": "/var/reana",
        "gitlab_host": "",
        "interactive_session_recommended_jupyter_images": [],
        "interactive_sessions_custom_image_allowed": "False",
        "kubernetes_max_cpu_limit": cores,
        "kubernetes_max_cpu_request": cores,
        "kubernetes_max_memory_limit": "16Gi",
        "kubernetes_max_memory_request": "16Gi",
        "kubernetes_min_user_uid": 100,
        "maximum_interactive_session_inactivity_period": None,
        "maximum_kubernetes_jobs_timeout": str(14 * 24 * 3600),
        "maximum_workspace_retention_period": None,
        "snakemake_engine_version": _version("snakemake"),
        "supported_workflow_engines": ["cwl", "serial", "snakemake", "yadage"],
        "vetted_container_images_allowlist": sorted(images.table()),
        "vetted_container_images_enabled": False,
        "workspaces_available": [],
        "yadage_engine_adage_version": _version("adage"),
        "yadage_engine_packtivity_version": _version("packtivity"),
        "yadage_engine_version": _version("yadage"),
    }
    return found | json.loads(os.environ.get("REANA_INFO") or "{}")


def told() -> dict[str, dict[str, Any]]:
    """The facts as the dialect of the request tells them; version 0.9 knows fewer."""
    known = facts()
    return {name: {"title": title, "value": known[name]} for name, title in TITLES.items() if name in OLDER or not face.is_older()}


def _version(name: str) -> str:
    """The version of an engine, read from its environment."""
    found = next((limits.ENVIRONMENTS / "engines").glob(f"lib/python3*/site-packages/{name}-*.dist-info"), None)
    return found.name.removesuffix(".dist-info").split("-")[1] if found else "not installed"
