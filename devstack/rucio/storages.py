"""The three demonstration storage elements: where they are, how they are reached, who may put how much there."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack import address, folders

GIGABYTE = 10**9
SIZE = 100 * GIGABYTE
HOUR = 3600
APPROVER = "admin"  # the account that says yes or no to rules that ask for approval


@dataclass(frozen=True)
class Storage:
    """One RSE: a folder of the stack, described as a site of the Data Lake would be."""

    rse: str
    folder: str
    posix: bool
    site: str
    country: str
    city: str
    latitude: float
    longitude: float


STORAGES = (
    Storage("DEMO-ANNECY", "annecy", True, "LAPP", "FR", "Annecy", 45.92, 6.16),
    Storage("DEMO-BOLOGNA", "bologna", True, "INFN-CNAF", "IT", "Bologna", 44.49, 11.34),
    Storage("DEMO-ERLANGEN", "erlangen", False, "ECAP-FAU", "DE", "Erlangen", 49.58, 11.01),
)


def addressed_folder() -> Path:
    """The storages' folder by a path that a file's address can hold: in an address, Rucio reads `#`, `?` and `%` as signs of its own."""
    folder = address.state_dir("storage")
    if folders.is_plain(folder):
        return folder
    link = folders.make_own(folders.runtime_dir(address.STATE)) / "storage"
    if not link.is_symlink() or link.readlink() != folder:
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    return link


def protocols(storage: Storage) -> list[dict[str, Any]]:
    """How an RSE is read and written.

    A POSIX one is read by people over https, which asks who they are; by its folder it is for Rucio's own daemons alone: whoever
    runs on this machine, a notebook for one, would go past that door.
    """
    everything = {"read": 1, "write": 1, "delete": 1}
    nothing = dict.fromkeys(everything)  # None; a priority of 0 would be the first
    copies = {"third_party_copy_read": 1, "third_party_copy_write": 1}
    web = {
        "scheme": "https",
        "hostname": address.HOST,
        "port": address.PORTS["storage"],
        "prefix": f"/{storage.folder}/",
        "impl": "rucio.rse.protocols.webdav.Default",
    }
    if not storage.posix:
        return [{**web, "domains": {"lan": everything, "wan": {**everything, **copies}}}]
    file = {
        "scheme": "file",
        "hostname": address.HOST,
        "port": 0,
        "prefix": f"{addressed_folder() / storage.folder}/",
        "impl": "rucio.rse.protocols.posix.Default",
        "domains": {"lan": nothing, "wan": {**nothing, "delete": 1, **copies}},
    }
    readable = {**nothing, "read": 1}
    return [file, {**web, "domains": {"lan": readable, "wan": readable}}]


def set_protocols(storage: Storage) -> None:
    """Add the protocols that are missing, and let those that are there be used as they are meant now."""
    from rucio.gateway import rse

    there = {(item["scheme"], item["hostname"], item["port"]) for item in rse.get_rse_protocols(storage.rse, issuer="root")["protocols"]}
    for protocol in protocols(storage):
        place = (protocol["scheme"], protocol["hostname"], protocol["port"])
        if place in there:
            rse.update_protocols(storage.rse, place[0], {"domains": protocol["domains"]}, "root", hostname=place[1], port=place[2])
        else:
            rse.add_protocol(storage.rse, issuer="root", data=protocol)


def make(storage: Storage) -> None:
    """Add one RSE with its protocols and attributes unless it is there."""
    from rucio.common.exception import Duplicate
    from rucio.gateway import rse

    (address.state_dir("storage") / storage.folder).mkdir(parents=True, exist_ok=True)
    with suppress(Duplicate):
        rse.add_rse(
            storage.rse,
            issuer="root",
            city=storage.city,
            country_name=storage.country,
            latitude=storage.latitude,
            longitude=storage.longitude,
            availability_read=True,
            availability_write=True,
            availability_delete=True,
        )
    rse.set_rse_limits(storage.rse, "MinFreeSpace", GIGABYTE, issuer="root")
    set_protocols(storage)
    there = rse.list_rse_attributes(storage.rse)
    wanted = {
        "site": storage.site,
        "country": storage.country,
        "city": storage.city,
        "latitude": str(storage.latitude),
        "longitude": str(storage.longitude),
        "demonstration": "yes",
        "rule_approvers": APPROVER,
        "contact": f"storage@{storage.folder}.example",
    }
    for key in wanted.keys() - there.keys():
        rse.add_rse_attribute(storage.rse, key, wanted[key], issuer="root")


def forget_unfinished(folder: Path) -> None:
    """Remove uploads that broke off more than an hour ago."""
    for file in folder.rglob("*.rucio.upload"):
        if time.time() - file.stat().st_mtime > HOUR:
            file.unlink(missing_ok=True)


def measure() -> None:
    """Tell Rucio how full each storage really is; the reaper and the pages of the Data Lake read it."""
    from rucio.gateway import rse

    for storage in STORAGES:
        folder = address.state_dir("storage") / storage.folder
        forget_unfinished(folder)
        files = [file for file in folder.rglob("*") if file.is_file()]
        used = sum(file.stat().st_size for file in files)
        rse.set_rse_usage(storage.rse, "storage", used=used, free=max(0, SIZE - used), files=len(files), issuer="root")


def make_all() -> None:
    """All storage elements, each reachable from each."""
    from rucio.common.exception import Duplicate
    from rucio.gateway import rse

    for storage in STORAGES:
        make(storage)
    for one in STORAGES:
        for other in STORAGES:
            if one is not other:
                with suppress(Duplicate):
                    rse.add_distance(one.rse, other.rse, issuer="root", distance=1)
    measure()
