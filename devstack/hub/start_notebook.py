"""The starter notebook as a script: each part between the marks becomes one cell, and `[fetch]` the cell that all notebooks here share."""

# %% [markdown]
# The list above was true when this notebook was made; `project.json` is renewed each time the session starts.
# You are signed in to the Data Lake already: the same identity as in the portal, with a token that renews itself.
#
# *This is a demonstration with public passwords. All sessions share one machine account: keep nothing private here.*

# %%
import json
from pathlib import Path

from rucio.common.exception import RucioException
from vre_session import Client, NoToken, about_token  # Rucio's client, with the token of this session as it is at each request

project = json.loads(Path("project.json").read_text())
print(about_token())
client = Client()
me = client.whoami()
print(f"{project['title']}: you are '{me['account']}' in the Data Lake")

# %% [markdown]
# ## What the project's data are

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
    print(f"{did!a}: not listed, because it is no scope:name")
if project["more"]:
    print(f"{project['more']:,} more data sets of the project are not listed here: its page in the portal has all of them.")

# %% [markdown]
# ## Bring one file here
# The smallest one: from a site that has it, over https with your token, checked against the Data Lake's checksum.


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
    print("No file is listed above. Add a dataset on the project's data page, and start the notebook again.")

# %% [markdown]
# ## Look into it

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
