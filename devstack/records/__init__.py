"""A small records server that answers as Zenodo and InvenioRDM do, for the local stack."""
