"""Makes the maps of static/img from Natural Earth's coastlines and borders: `python -m devstack.atlas FOLDER`."""
