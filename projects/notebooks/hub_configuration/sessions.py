"""The pods of sessions: what they may reach, where files are kept, when they end."""

from typing import Any

from vre_portal.services import Service

TOKENS = "/run/vre"  # as in deploy/hub/kubernetes_tokens.py
EXTENSION = "/etc/jupyter/jupyter_server_config.json"
LAKE_PATH = "/lake"
MINUTE = 60


def values(hub: Service, lake: Service | None, portal: str) -> dict[str, Any]:
    """`singleuser`, without its profiles."""
    environment = {"PORTAL_URL": portal, "HUB_URL": f"{hub.url}/hub/home"}
    environment |= {"GIT_ALLOW_PROTOCOL": "https", "GIT_TERMINAL_PROMPT": "0"}  # nbgitpuller clones by any link
    if lake:
        rucio = {"RUCIO_URL": lake.url, "RUCIO_CONFIG": f"{TOKENS}/rucio.cfg", "RUCIO_OIDC_FILE_NAME": f"{TOKENS}/rucio.token"}
        environment |= rucio
    files = {"extraFiles": {"rucio-extension": {"mountPath": EXTENSION, "data": extension(hub, lake)}}} if lake else {}
    return {
        "defaultUrl": "/lab",
        "allowPrivilegeEscalation": False,
        "extraEnv": environment,
        **files,
        "networkPolicy": network(hub),
        "storage": storage(hub),
    }


def network(hub: Service) -> dict[str, Any]:
    """Sessions reach public addresses and DNS; inside the cluster and its networks only what is named. They never reach each other."""
    networks = [{"to": [{"ipBlock": {"cidr": str(cidr)}}]} for cidr in hub.options.get("private_networks") or ()]
    rules = {"cloudMetadataServer": False, "nonPrivateIPs": True, "privateIPs": False}
    return {"enabled": True, "ingress": [], "egress": networks, "egressAllowRules": rules}


def storage(hub: Service) -> dict[str, Any]:
    """A volume for each person where files outlast servers, else one for each server; and the lake, where it is mounted.

    A volume for a person is mounted by all of their servers, which may be on several nodes.
    """
    made: dict[str, Any] = {"type": "dynamic"}
    if size := hub.options.get("session_gigabytes"):
        made["capacity"] = f"{size:g}Gi"
    if hub.options.get("files_outlast_servers") is True:
        made["dynamic"] = {
            "pvcNameTemplate": "claim-{username}",
            "volumeNameTemplate": "volume-{username}",
            "storageAccessModes": ["ReadWriteMany"],
        }
    if mount := _mount(hub):
        claim = {"name": "lake", "persistentVolumeClaim": {"claimName": str(mount["claim"]), "readOnly": True}}
        path = str(mount.get("path") or LAKE_PATH)
        made |= {"extraVolumes": {"lake": claim}, "extraVolumeMounts": {"lake": {"name": "lake", "mountPath": path, "readOnly": True}}}
    return made


def extension(hub: Service, lake: Service) -> dict[str, Any]:
    """The settings of the Rucio extension: files as paths where the lake is mounted, else downloads."""
    instance: dict[str, Any] = {
        "name": lake.name, "display_name": lake.title, "rucio_base_url": lake.url, "rucio_auth_url": lake.url, "wildcard_enabled": True,
        "mode": "download", "oidc_auth": "file", "oidc_file_name": f"{TOKENS}/rucio.token",
    }  # fmt: skip
    if mount := _mount(hub):
        replica = {"destination_rse": str(mount["rse"]), "rse_mount_path": str(mount.get("path") or LAKE_PATH)}
        instance |= {"mode": "replica", **replica, "path_begins_at": int(mount.get("path_begins_at") or 0)}
    return {"RucioConfig": {"instances": [instance], "default_instance": lake.name, "default_auth_type": "oidc"}}


def cull(hub: Service) -> dict[str, Any]:
    """When sessions end by themselves. Stopped servers are kept: the portal removes them when their number reaches the limit."""
    idle, age = (int(hub.options.get(name) or 0) * MINUTE for name in ("idle_minutes", "max_age_minutes"))
    if not idle and not age:
        return {"enabled": False}
    timeout = {"timeout": idle or age}  # without a limit on idleness, the age is the later one
    return {
        "enabled": True,
        "every": 5 * MINUTE,
        "users": False,
        "removeNamedServers": False,
        **timeout,
        **({"maxAge": age} if age else {}),
    }


def _mount(hub: Service) -> dict[str, Any] | None:
    """The option `lake_mount`: `claim` and `rse`, and perhaps `path` and `path_begins_at`."""
    mount = hub.options.get("lake_mount")
    return mount if isinstance(mount, dict) and {"claim", "rse"} <= mount.keys() else None
