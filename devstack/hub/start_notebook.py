"""The starter notebook as a script: each part between the marks becomes one cell, and `[fetch]` the cell that all notebooks here share."""

# %% [markdown]
# The list above was made when this notebook was created; `project.json` is updated each time the session starts.
# You are already signed in to the Data Lake, with the same identity as in the portal. The token is renewed automatically.
#
# *This is a demonstration with public passwords. All sessions share one account of this machine: do not store private data here.*

# %%
import json
from pathlib import Path

from rucio.common.exception import RucioException
from vre_session import Client, NoToken, about_token  # Rucio's client, with the token of this session as it is at each request

project = json.loads(Path("project.json").read_text())
print(about_token())
client = Client()
me = client.whoami()
print(f"{project['title']}: signed in to the Data Lake as '{me['account']}'")

# %% [markdown]
# ## Data of the project

# %%
files = []
for did in project["dids"]:
    scope, name = did.split(":", 1)
    try:
        content = list(client.list_files(scope, name))
    except NoToken:
        raise
    except (RucioException, OSError, ValueError) as error:  # one that is gone, or not for you, leaves the others
        print(f"{did!a}: not listed. {type(error).__name__}: {error}")
        continue
    files += content
    print(f"{did!a}: {len(content)} files, {sum(file['bytes'] or 0 for file in content):,} bytes")
    for file in content[:20]:
        print(f"    {file['name']!a}  {file['bytes'] or 0:,} bytes  adler32 {file.get('adler32')}")
    if len(content) > 20:
        print(f"    and {len(content) - 20:,} more")
for did in project["unreadable"]:
    print(f"{did!a}: not listed, because it is not a DID (scope:name)")
if project["more"]:
    print(f"{project['more']:,} more DIDs of the project are not listed here. The project's page in the portal lists all of them.")

# %% [markdown]
# ## Download one file
# The smallest file is downloaded over https with your token, from a site that has a copy. Its checksum is compared with that in the Data Lake.


# %% [fetch]
def fetch(file):
    """Stands here for that cell."""


# %%
path = None
for file in sorted(files, key=lambda file: file["bytes"] or 0)[:5]:
    try:
        path = fetch(file)
        break
    except OSError as error:  # perhaps no site has this one just now: the next smallest will do
        print(error)
if not files:
    print("No file is listed above. Add a dataset on the project's data page, then start the notebook again.")

# %% [markdown]
# ## Read the file

# %%
if path and path.name.endswith((".fits", ".fit", ".fits.gz")):
    from astropy.io import fits

    with fits.open(path) as tables:
        tables.info()
elif path and path.suffix == ".ecsv":
    from astropy.table import Table

    print(Table.read(path))
elif path:
    print(path.read_bytes()[:300])
