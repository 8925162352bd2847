"""How a notebook session of the local stack is set up; addresses and the person's files come from its environment."""

import os

import vre_session
from rucio_jupyterlab.db import get_db

c = get_config()  # type: ignore[name-defined]  # noqa: F821
LAKE = "escape"
HOUR = 3600

c.ServerApp.shutdown_no_activity_timeout = 4 * HOUR
# JupyterHub lets a session answer to every name; behind its proxy on one machine only this machine's are right.
c.ServerApp.tornado_settings = {"allow_remote_access": False}
c.MappingKernelManager.cull_idle_timeout = 2 * HOUR
c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None

c.RucioConfig.instances = [
    {
        "name": LAKE,
        "display_name": "ESCAPE Data Lake (demonstration)",
        "rucio_base_url": os.environ["RUCIO_URL"],
        "rucio_auth_url": os.environ["RUCIO_URL"],
        "rucio_ca_cert": os.environ.get("RUCIO_CA", ""),
        "wildcard_enabled": True,
        "mode": "download",
        "oidc_auth": "file",
        "oidc_file_name": os.environ["RUCIO_OIDC_FILE_NAME"],
    }
]
c.RucioConfig.default_instance = LAKE
c.RucioConfig.default_auth_type = "oidc"

# Without a stored choice the extension asks each person how they sign in, though only one way exists here.
get_db().set_active_instance(LAKE)
get_db().set_active_auth_method("oidc")
get_db().set_rucio_auth_credentials(namespace=LAKE, auth_type="oidc", params={})

# Its uploads and downloads run for as long as they need, in processes that are copies of this one.
vre_session.renew_in_programs_of_rucio()
