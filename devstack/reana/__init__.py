"""A small server that speaks REANA's REST API and really runs workflows, as processes of one machine."""
