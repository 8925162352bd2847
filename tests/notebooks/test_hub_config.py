"""The values for Zero to JupyterHub: their shape, and that they hold no secret and grant no more than is needed."""

import ast
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from catalog.environments.models import Environment
from devstack.address import ROOT
from projects.notebooks import hub_configuration
from projects.notebooks.hub_configuration import code, sessions
from projects.notebooks.management.commands.hub_config import Values, warnings
from tests.factories import make_environment
from tests.notebooks.conftest import TOKEN, use_service
from vre_portal.iam.oidc.discovery import Endpoints
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
PORTAL = "https://portal.example.org"
ENDPOINTS = Endpoints("https://iam.example.org/authorize", "https://iam.example.org/token", "https://iam.example.org/userinfo", "x")
# Names of the chart (4.4), by section; it refuses others.
SECTIONS = {
    "hub": {"config", "allowNamedServers", "namedServerLimitPerUser", "services", "loadRoles", "extraFiles", "extraConfig"},
    "singleuser": {
        "defaultUrl", "allowPrivilegeEscalation", "extraEnv", "extraFiles", "networkPolicy", "storage", "profileList",
    },
    "cull": {"enabled", "every", "users", "removeNamedServers", "timeout", "maxAge"},
}  # fmt: skip
NAMED = [{"name": name, "image": "x", "session_kind": "JupyterLab"} for name in ("first", "second", "gpu")]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    for slug, facts in {"first": {}, "second": {"summary": "a < b"}, "gpu": {"has_gpu": True}}.items():
        image = f"ghcr.io/team/{slug}:1"
        made = make_environment(slug=slug, name=slug.title(), image=image, for_notebooks=True, session_kind="JupyterLab", **facts)
        assert made.current
        made.current.digest = f"sha256:{'a' * 64}"
        made.current.save()
    Environment.objects.update(configured="of-the-file")

    def with_options(**options: Any) -> Service:
        return use_service(monkeypatch, "https://hub.example.org", {"token": TOKEN, "environments": NAMED, **options})

    return with_options


def made(hub: Service) -> dict[str, Any]:
    """The values as a file holds them."""
    iam, lake = service(ServiceKind.IAM), service(ServiceKind.RUCIO)
    text = yaml.dump(hub_configuration.values(hub, iam, ENDPOINTS, lake, PORTAL), Dumper=Values, sort_keys=False)
    assert TOKEN not in text
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_only_names_of_the_chart_are_used(hub: Any) -> None:
    found = made(hub(idle_minutes=60, max_age_minutes=1440))
    assert found.keys() == SECTIONS.keys()
    for section, names in SECTIONS.items():
        assert set(found[section]) == names


def test_each_profile_is_an_environment_with_its_digest_and_the_offered_sizes(hub: Any) -> None:
    offered = hub(session_cpus=[1, 2.5], session_memory_gigabytes=[2, 8], session_gpus=["T4"], gpu=True)
    first, second, gpu = made(offered)["singleuser"]["profileList"]
    assert (first["slug"], first["default"], "default" in second) == ("first", True, False)
    assert first["kubespawner_override"] == {"image": f"ghcr.io/team/first:1@sha256:{'a' * 64}"}
    assert second["description"] == "a &lt; b"  # KubeSpawner shows it as HTML
    assert list(first["profile_options"]) == ["cpu", "memory"]
    assert first["profile_options"]["cpu"]["choices"]["2.5"]["kubespawner_override"] == {"cpu_limit": 2.5}
    assert first["profile_options"]["memory"]["choices"]["2"]["default"] is True
    gpus = gpu["profile_options"]["gpu"]["choices"]
    assert list(gpus) == ["none", "T4"]
    assert gpus["none"] == {"display_name": "None", "default": True, "kubespawner_override": {}}
    assert "default" not in gpus["T4"]
    override = gpus["T4"]["kubespawner_override"]
    assert override == {"extra_resource_limits": {"nvidia.com/gpu": "1"}, "node_selector": {"nvidia.com/gpu.product": "T4"}}
    assert "unlisted_choice" not in str(made(offered))


def test_rights_are_the_least(hub: Any) -> None:
    found = made(hub())["hub"]
    scopes = {scope for role in found["loadRoles"].values() for scope in role["scopes"]}
    assert scopes == {
        "list:users", "read:users", "servers", "read:hub", "custom:portal:end-logins", "self", "access:services!service=portal",
    }  # fmt: skip
    assert found["config"]["JupyterHub"]["admin_access"] is False
    assert not {"client_secret", "keys", "apiToken"} & _keys(found)


def test_the_portal_may_say_that_a_session_is_used_where_ends_can_be_put_off(hub: Any) -> None:
    assert "users:activity" in made(hub(renewable=True))["hub"]["loadRoles"]["portal"]["scopes"]


def test_git_in_sessions_fetches_over_https_alone_and_asks_nothing(hub: Any) -> None:
    environment = made(hub())["singleuser"]["extraEnv"]
    assert (environment["GIT_ALLOW_PROTOCOL"], environment["GIT_TERMINAL_PROMPT"]) == ("https", "0")


def test_operators_are_warned_of_what_a_mounted_lake_shows_and_of_what_is_not_written(hub: Any) -> None:
    everything, nothing = (
        " ".join(warnings(hub(**facts))) for facts in ({"lake_mount": {"claim": "c", "rse": "R"}}, {"writes_starter": False})
    )
    assert "restricted scopes included" in everything
    assert "writes_starter = false" in everything
    assert nothing == ""


def test_sessions_reach_no_private_network_but_those_that_are_named(hub: Any) -> None:
    policy = made(hub(private_networks=["10.1.0.0/16"]))["singleuser"]["networkPolicy"]
    assert (policy["enabled"], policy["ingress"], policy["egressAllowRules"]["privateIPs"]) == (True, [], False)
    assert policy["egress"] == [{"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}]


def test_files_outlast_servers_only_where_a_person_has_one_volume(hub: Any) -> None:
    assert made(hub(files_outlast_servers=True))["singleuser"]["storage"]["dynamic"]["pvcNameTemplate"] == "claim-{username}"
    assert "dynamic" not in made(hub())["singleuser"]["storage"]


def test_a_mounted_lake_is_read_only_and_the_extension_gives_paths(hub: Any) -> None:
    plain = made(hub())["singleuser"]
    assert plain["extraFiles"]["rucio-extension"]["data"]["RucioConfig"]["instances"][0]["mode"] == "download"
    found = made(hub(lake_mount={"claim": "lake", "rse": "DEMO-ERLANGEN", "path_begins_at": 2}))["singleuser"]
    instance = found["extraFiles"]["rucio-extension"]["data"]["RucioConfig"]["instances"][0]
    assert {name: instance[name] for name in ("mode", "destination_rse", "rse_mount_path", "path_begins_at")} == {
        "mode": "replica", "destination_rse": "DEMO-ERLANGEN", "rse_mount_path": "/lake", "path_begins_at": 2,
    }  # fmt: skip
    assert found["storage"]["extraVolumeMounts"]["lake"]["readOnly"] is True
    assert found["storage"]["extraVolumes"]["lake"]["persistentVolumeClaim"] == {"claimName": "lake", "readOnly": True}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"enabled": False}),
        ({"idle_minutes": 60}, {"timeout": 3600}),
        ({"max_age_minutes": 120}, {"timeout": 7200, "maxAge": 7200}),
        ({"idle_minutes": 60, "max_age_minutes": 120}, {"timeout": 3600, "maxAge": 7200, "removeNamedServers": False}),
    ],
)
def test_servers_end_when_the_portal_says_they_do(options: dict[str, Any], expected: dict[str, Any]) -> None:
    found = sessions.cull(Service(ServiceKind.JUPYTERHUB, "hub", "Hub", "https://hub.example.org", options=options))
    assert expected.items() <= found.items()


def test_all_code_compiles_and_finds_what_it_imports(hub: Any) -> None:
    found = made(hub())["hub"]
    sources = {item["mountPath"].rpartition("/portal/")[2]: item["stringData"] for item in found["extraFiles"].values()}
    for path, text in {**sources, "extra": found["extraConfig"]["portal"]}.items():
        compile(text, path, "exec")
        for name, module in _imports(text):
            names = (
                {getattr(item, "name", "") for item in ast.walk(ast.parse(sources[f"{module.replace('.', '/')}.py"]))} if module else set()
            )
            assert f"deploy/hub/{name}.py" in sources if module == "" else name in names, (path, module, name)
    assert set(sources) == {str(file.relative_to(ROOT)) for file in (ROOT / "deploy" / "hub").glob("*.py")}
    assert code.FOLDER in found["extraConfig"]["portal"]


@pytest.mark.integration("iam")
def test_the_command_asks_the_iam_and_says_where_secrets_belong() -> None:
    out, err = StringIO(), StringIO()
    call_command("hub_config", stdout=out, stderr=err)
    assert "hub.services.portal.apiToken" in out.getvalue().splitlines()[1]
    found = yaml.safe_load(out.getvalue())
    assert found["hub"]["config"]["GenericOAuthenticator"]["token_url"].startswith(service(ServiceKind.IAM).url)
    assert "allowed_groups" in err.getvalue()


def _imports(text: str) -> list[tuple[str, str]]:
    """What is imported of deploy.hub: modules with an empty second part, names with their module."""
    found = [
        item for item in ast.walk(ast.parse(text)) if isinstance(item, ast.ImportFrom) and (item.module or "").startswith("deploy.hub")
    ]
    return [(name.name, "" if item.module == "deploy.hub" else item.module or "") for item in found for name in item.names]


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in _keys(item)}
    return {key for item in value for key in _keys(item)} if isinstance(value, list) else set()
