"""Put one file into a dataset without reading all that is in it."""

from datalake.rucio.client import named, speaking
from datalake.rucio.writing import unless
from vre_portal.services import Service


def attach_one(lake: Service, token: str, scope: str, dataset: str, name: str) -> None:
    """The file belongs to the dataset afterwards, also where it did before."""
    named(lake, scope, dataset)
    named(lake, scope, name)
    with unless("DuplicateContent", "FileAlreadyExists"), speaking(lake, token) as client:
        client.attach_dids(scope, dataset, [{"scope": scope, "name": name}])
