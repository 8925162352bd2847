"""The page that says what this server is and what it is not, and the one on which a person finds the token of version 0.9."""

from flask import request

from devstack import address
from devstack.reana import face, people
from devstack.reana.errors import Refusal

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Demonstration REANA</title><meta name="viewport" content="width=device-width"></head>
<body>
<h1>Demonstration REANA</h1>
<p><strong>This is a demonstration with public passwords. Do not put anything private here.</strong></p>
<p>This server stands in for REANA on one machine. It speaks REANA's REST API, so the portal and <code>reana-client</code> work with it
unchanged, and it really runs workflows: serial ones command by command, CWL by cwltool, Snakemake by Snakemake and Yadage by yadage, whose
calls of tools, rules and packtivities are jobs of their own.</p>
<h2>What is different from a real REANA</h2>
<ul>
<li>Jobs are processes of this machine, not containers in a cluster. A container image named by a step stands for a local
environment; an image without one makes the step fail. Jobs have limits on time, memory and output and get nothing of the server's
environment. Where the kernel allows it, the stack's secrets and other people's files are hidden from them; they still run as the person
who started the stack, with the network: run only workflows that you trust.</li>
<li>There are no interactive sessions, no sharing, no GitLab, no Dask, no Kerberos, no CVMFS and no report of Snakemake. Secrets that are files
are in <code>/etc/reana/secrets</code> only where the kernel allows it.</li>
<li>A job gets the memory of this machine where it asks for more, as long as it asks for no more than <code>/api/info</code> allows.</li>
<li>Nothing is removed by itself; stopping the stack and deleting its state forgets everything.</li>
</ul>
<h2>In production</h2>
<p>A deployment names a real REANA in the portal's <code>services.toml</code>, and says there how it takes tokens: its own in the address
(version 0.9), or the identity provider's in the header (the newer line). See <a href="https://docs.reana.io/">docs.reana.io</a>.</p>
<h2>Your token</h2>
<p>This server answers at two addresses: as the newer line at {newer}, as version 0.9 at {older}. Version 0.9 gives everybody a token of
its own. The portal keeps it under “Account and tokens”; <code>reana-client</code> wants it in <code>REANA_ACCESS_TOKEN</code>.</p>
{token}
</body></html>
"""
FORM = (
    """<form method="post" action="/"><label>Account <select name="account">{options}</select></label> <button>Show token</button></form>"""
)


def home() -> str:
    """The page; after a demonstration account was chosen (their passwords are public) with its token."""
    name = request.form.get("account", "")
    if name and name not in address.DEMO_USERS:
        raise Refusal(400, "There is no such account.")
    options = "".join(f"<option>{each}</option>" for each in address.DEMO_USERS)
    token = f'<p>Token of {name}: <code id="token">{people.demo_token(name)}</code></p>' if name else FORM.format(options=options)
    return PAGE.format(newer=face.NEWER_URL, older=face.OLDER_URL, token=token)
