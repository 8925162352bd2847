"""The starter notebook as a script: each part between the marks becomes one cell."""

# %% [markdown]
# The list above was true when this notebook was made; `project.json` is renewed each time the session starts.
# You are signed in to the Data Lake already: the same identity as in the portal, with a token that renews itself.
#
# *This is a demonstration with public passwords. All sessions share one machine account: keep nothing private here.*

# %%
import json
import os
import zlib
from pathlib import Path

import requests
from rucio.client import Client

project = json.loads(Path("project.json").read_text())
client = Client()
me = client.whoami()
print(f"{project['title']}: you are '{me['account']}' in the Data Lake")

# %% [markdown]
# ## What the project's data are

# %%
files = []
for did in project["dids"]:
    scope, name = did.split(":", 1)
    content = list(client.list_files(scope, name))
    files += content
    print(f"{did}: {len(content)} files, {sum(file['bytes'] or 0 for file in content):,} bytes")
    for file in content:
        print(f"    {file['name']}  {file['bytes']:,} bytes  adler32 {file['adler32']}")

# %% [markdown]
# ## Bring one file here
# The smallest one: from a site that has it, over https with your token, checked against the Data Lake's checksum.


# %%
def fetch(file):
    """The local path of one file of the Data Lake."""
    (replica,) = client.list_replicas([{"scope": file["scope"], "name": file["name"]}], schemes=["https"])
    address = next(iter(replica["pfns"]))
    token = Path(os.environ["RUCIO_OIDC_FILE_NAME"]).read_text()
    reply = requests.get(address, headers={"Authorization": f"Bearer {token}"}, verify=os.environ.get("RUCIO_CA", True), timeout=60)
    reply.raise_for_status()
    if f"{zlib.adler32(reply.content):08x}" != replica["adler32"]:
        raise OSError(f"{file['name']} did not arrive whole")
    path = Path(Path(file["name"]).name)
    path.write_bytes(reply.content)
    print(f"{file['scope']}:{file['name']}: {len(reply.content):,} bytes from {replica['pfns'][address]['rse']}, checksum right")
    return path


if files:
    path = fetch(min(files, key=lambda file: file["bytes"] or 0))
else:
    print("The project lists no data yet. Add a dataset on the project's data page.")

# %% [markdown]
# ## Look into it

# %%
if files and path.suffix in (".fits", ".fit"):
    from astropy.io import fits

    with fits.open(path) as tables:
        tables.info()
elif files and path.suffix == ".ecsv":
    from astropy.table import Table

    print(Table.read(path))
elif files:
    print(path.read_bytes()[:300])
