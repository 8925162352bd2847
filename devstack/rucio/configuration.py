"""Write the server's configuration into the stack's state: rucio.cfg, the OIDC clients, the path of the schema's migrations."""

import importlib.util
import json
import os
from configparser import ConfigParser
from pathlib import Path

from devstack import address, folders
from devstack.folders import write_private
from devstack.rucio import letters

STATE = address.state_dir("rucio")
CONFIG = STATE / "rucio.cfg"
# Scopes that a group may write to, beside the account that owns them.
SCOPE_WRITERS = {"KM3NET_ECAP_SP": "escape/km3net"}
LAKE_ADMINISTRATORS = "escape/admins"  # the group whose members set limits, add scopes and make rules for others

# Rucio's migrations read their logging from here and fail without it.
LOGGING = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARN
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(levelname)s %(name)s %(message)s
"""


def package_folder() -> Path:
    """Where Rucio is installed; importing it now would read a configuration that is not written yet."""
    found = importlib.util.find_spec("rucio")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("Rucio is not installed in this environment")
    return Path(next(iter(found.submodule_search_locations)))


def migrations_file() -> Path:
    """Where alembic's settings are: it fills in what stands after % even in the path of its own file."""
    folder = STATE if "%" not in str(STATE) else folders.make_own(folders.runtime_dir(address.STATE))
    return folder / "alembic.ini"


def sections() -> dict[str, dict[str, str]]:
    """rucio.cfg as data. `multi_vo` is left out on purpose: even the text "False" would count as true."""
    return {
        "common": {"logdir": str(STATE), "loglevel": os.environ.get("RUCIO_LOGLEVEL", "WARNING"), "mailtemplatedir": str(STATE)},
        "database": {
            "default": address.database_url("rucio", "postgresql+psycopg"),
            "schema": "dev",
            "pool_reset_on_return": "rollback",
            "pool_size": "10",
            "max_overflow": "20",
        },
        # No cache, and none of a memcached that happens to run here: each worker would accept the token of somebody who was
        # suspended for a quarter of an hour more.
        "cache": {"url": f"{address.HOST}:1", "use_external_cache_for_auth_tokens": "true"},
        "bootstrap": {
            "userpass_identity": "root",
            "userpass_pwd": address.secret("rucio-root"),
            "userpass_email": "root@vre.example",
        },
        "policy": {"package": "devstack.rucio.policy", "permission": "generic", "schema": "generic", "lfn2pfn_algorithm_default": "hash"},
        "lake-administrators": {"groups": LAKE_ADMINISTRATORS},
        "scope-writers": {scope.lower(): group for scope, group in SCOPE_WRITERS.items()},
        "alembic": {"cfg": str(migrations_file())},
        "api": {"endpoints_add": "archives, vos"},
        "conveyor": {"scheme": "file,https,davs", "transfertool": "copy", "usercert": "", "request_oidc_scope": "openid profile"},
        "transfers": {"multihop_rse_expression": ""},
        "repairer": {"updated_at_delta": "120"},
        "oidc": {
            "idpsecrets": str(STATE / "idpsecrets.json"),
            "admin_issuer": "stack",
            "expected_audience": "rucio",
            "expected_scope": "openid profile",
        },
    }


def oidc_clients() -> dict[str, object]:
    """The clients by which Rucio knows its issuers; people's tokens come from the portal, so it never redirects anybody."""
    client = {
        "issuer": address.IAM_ISSUER,
        "client_id": "rucio",
        "client_secret": address.secret("client-rucio"),
        "redirect_uris": [f"{address.RUCIO_URL}/auth/oidc_code", f"{address.RUCIO_URL}/auth/oidc_token"],
    }
    return {"stack": {**client, "SCIM": client}}


def use() -> None:
    """Point Rucio at the configuration; has to come before its first import."""
    os.environ["RUCIO_CONFIG"] = str(CONFIG)


def write() -> None:
    """Write all files."""
    letters.write(STATE)
    database = address.database_url("rucio", "postgresql+psycopg").replace("%", "%%")
    write_private(STATE / "idpsecrets.json", json.dumps(oidc_clients(), indent=1))
    folder = str(package_folder()).replace("%", "%%")
    migrations = f"script_location = {folder}/db/sqla/migrate_repo/\nversion_table_schema = dev\nsqlalchemy.url = {database}\n"
    write_private(migrations_file(), f"[alembic]\n{migrations}{LOGGING}")
    parser = ConfigParser(interpolation=None)
    # Rucio's reader fills in what stands after %.
    parser.read_dict({name: {key: value.replace("%", "%%") for key, value in values.items()} for name, values in sections().items()})
    temporary = STATE / f"rucio.cfg.{os.getpid()}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        parser.write(handle)
    temporary.replace(CONFIG)
