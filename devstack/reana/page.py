"""The page that says what this server is and what it is not."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Demonstration REANA</title><meta name="viewport" content="width=device-width"></head>
<body>
<h1>Demonstration REANA</h1>
<p><strong>This is a demonstration with public passwords. Do not put anything private here.</strong></p>
<p>This server stands in for REANA on one machine. It speaks REANA's REST API, so the portal and <code>reana-client</code> work with it
unchanged, and it really runs workflows: serial ones command by command, CWL by cwltool, Snakemake by snakemake.</p>
<h2>What is different from a real REANA</h2>
<ul>
<li>Jobs are processes of this machine, not containers in a cluster. A container image named by a step stands for a local
environment; an image without one makes the step fail. Jobs have limits on time, memory and output and get nothing of the server's
environment. Where the kernel allows it, the stack's secrets and other people's files are hidden from them; they still run as the person
who started the stack, with the network: run only workflows that you trust.</li>
<li>There are no interactive sessions, no sharing, no GitLab, no Dask, no Kerberos, no Yadage, and secrets reach a job
only as variables.</li>
<li>Nothing is removed by itself; stopping the stack and deleting its state forgets everything.</li>
</ul>
<h2>In production</h2>
<p>A deployment names a real REANA (version 0.9 or 0.95) in the portal's <code>services.toml</code>; see <a href="https://docs.reana.io/">docs.reana.io</a>.
Nothing else changes.</p>
<h2>Using it by hand</h2>
<p>Ask <code>GET /api/token</code> with a token of the demonstration IAM to get
the token that <code>reana-client</code> wants in <code>REANA_ACCESS_TOKEN</code>.</p>
</body></html>
"""
