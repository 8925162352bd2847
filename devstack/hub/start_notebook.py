"""The starter notebook as a script: each part between the marks becomes one cell, and `[fetch]` the cell that all notebooks here share."""

# %% [markdown]
# The list above was true when this notebook was made; `project.json` is renewed each time the session starts.
# You are signed in to the Data Lake already: the same identity as in the portal, with a token that renews itself.
#
# *This is a demonstration with public passwords. All sessions share one machine account: keep nothing private here.*

# %%
import json
from pathlib import Path

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


# %% [fetch]
def fetch(file):
    """Stands here for that cell."""


# %%
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
