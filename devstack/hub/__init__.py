"""The local stack's notebooks: the real JupyterHub and its proxy, signed in through the stack's IAM."""
