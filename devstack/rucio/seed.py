"""Plant the demonstration's data once: real files of public packages, registered, described and placed by rules."""

import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from devstack import address
from devstack.rucio import packages, simulated
from devstack.rucio.storages import GIGABYTE, STORAGES, addressed_folder

KM3NET, MAGIC, EMBARGO = "KM3NET_ECAP_SP", "MAGIC_IFAE_SP", "KM3NET_EMBARGO_SP"
OWNER = "lead"


@dataclass(frozen=True)
class Dataset:
    """Files of one package, where they are put first, and the storage elements that shall hold them."""

    scope: str
    name: str
    package: str
    version: str
    folder: str
    files: tuple[str, ...]
    home: str
    rules: tuple[str, ...]
    metadata: dict[str, str]


KM3NET_FACTS = {
    "experiment": "KM3NeT",
    "licence": "BSD-3-Clause",
    "copyright": "2023, The KM3NeT collaboration",
    "source": "km3irf",
    "version": "0.4.0",
}
DATASETS = (
    Dataset(
        KM3NET,
        "DM.PointSourceIRF.km3irf",
        "km3irf",
        "0.4.0",
        "km3irf/data",
        ("aeff.fits", "psf.fits", "edisp.fits", "bkg_nu.fits", "bkg_mu.fits"),
        "DEMO-ANNECY",
        ("DEMO-ANNECY", "DEMO-BOLOGNA"),
        {**KM3NET_FACTS, "title": "KM3NeT/ARCA instrument response functions for point sources"},
    ),
    Dataset(
        KM3NET,
        "DM.Events.km3irf",
        "km3irf",
        "0.4.0",
        "km3irf/data",
        ("test_10events.dst.root",),
        "DEMO-BOLOGNA",
        ("DEMO-BOLOGNA",),
        {**KM3NET_FACTS, "title": "Ten KM3NeT events, for tests"},
    ),
    Dataset(
        MAGIC,
        "EU.BlazarSED.agnpy",
        "agnpy",
        "0.5.1",
        "agnpy/data/mwl_seds",
        ("Mrk421_2011.ecsv", "PKS1510-089_2015b.ecsv"),
        "DEMO-ANNECY",
        ("DEMO-ANNECY", "DEMO-ERLANGEN"),
        {
            "experiment": "MAGIC",
            "licence": "BSD-3-Clause",
            "copyright": "2019-2021, Agnpy Developers",
            "source": "agnpy",
            "version": "0.5.1",
            "title": "Spectral energy distributions of two blazars, many wavelengths",
        },
    ),
)
RESTRICTED = Dataset(
    EMBARGO,
    "Candidates.Mrk421.simulated",
    simulated.PACKAGE,
    "1",
    "",
    (simulated.CANDIDATES,),
    "DEMO-ANNECY",
    ("DEMO-ANNECY",),
    {"experiment": "KM3NeT", "source": "simulated", "title": "Simulated candidate neutrinos around Mrk 421, restricted for demonstration"},
)
CONTAINER = (KM3NET, "DM.PointSource", ("DM.PointSourceIRF.km3irf", "DM.Events.km3irf"))


def scopes() -> None:
    """The projects' scopes, and their owner's account where the IAM did not bring it yet."""
    from rucio.common.exception import Duplicate
    from rucio.gateway import account, account_limit, scope

    with suppress(Duplicate):
        account.add_account(OWNER, "USER", address.DEMO_USERS[OWNER][1], issuer="root")
    for storage in STORAGES:
        account_limit.set_local_account_limit(OWNER, storage.rse, 10 * GIGABYTE, issuer="root")
    for name in (KM3NET, MAGIC, EMBARGO):
        with suppress(Duplicate):
            scope.add_scope(name, OWNER, issuer="root")


def put_file(rse: str, scope: str, name: str, content: bytes) -> dict[str, object]:
    """Write one file where its RSE expects it; the registration's facts about it."""
    from rucio.rse import rsemanager

    settings = rsemanager.get_rse_info(rse)
    protocol = rsemanager.create_protocol(settings, "third_party_copy_write", scheme="file", domain="wan")
    pfn = str(next(iter(protocol.lfns2pfns([{"scope": scope, "name": name}]).values())))
    folder = addressed_folder()
    path = folder / urlsplit(pfn).path[len(str(folder)) :].lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"scope": scope, "name": name, "bytes": len(content), "adler32": f"{zlib.adler32(content):08x}"}


def exists(scope: str, name: str) -> bool:
    from rucio.common.exception import DataIdentifierNotFound
    from rucio.gateway import did

    try:
        did.get_did(scope, name)
    except DataIdentifierNotFound:
        return False
    return True


def add_rule(dataset: Dataset, rse: str) -> None:
    """One copy at `rse`, for good."""
    from rucio.common.exception import DuplicateRule
    from rucio.gateway import rule

    options: dict[str, Any] = {"weight": None, "lifetime": None, "grouping": "DATASET", "locked": False, "subscription_id": None}
    options |= {"source_replica_expression": None, "activity": "User Subscriptions", "notify": "N", "purge_replicas": False}
    options |= {"ignore_availability": False, "comment": "Demonstration data", "ask_approval": False, "asynchronous": False}
    options |= {"delay_injection": None, "priority": 3, "split_container": False, "meta": None}
    dids = [{"scope": dataset.scope, "name": dataset.name}]
    with suppress(DuplicateRule):
        rule.add_replication_rule(dids=dids, copies=1, rse_expression=rse, account=OWNER, issuer=OWNER, **options)


def attach(scope: str, name: str, children: Iterable[str]) -> None:
    """Put in what is not in it yet."""
    from rucio.gateway import did

    inside = {item["name"] for item in did.list_content(scope, name)}
    if missing := [{"scope": scope, "name": child} for child in children if child not in inside]:
        did.attach_dids(scope, name, {"dids": missing}, issuer=OWNER)


def planted(dataset: Dataset) -> bool:
    """Whether all was done once; the rules are the last step."""
    from rucio.gateway import did, rule

    if not exists(dataset.scope, dataset.name):
        return False
    places = {item["rse_expression"] for item in rule.list_replication_rules({"scope": dataset.scope, "name": dataset.name})}
    return places >= set(dataset.rules) or not did.get_did(dataset.scope, dataset.name)["open"]


def content(dataset: Dataset, name: str) -> bytes:
    """One file of a dataset, from its package or made up."""
    if dataset.package == simulated.PACKAGE:
        return simulated.candidates()
    return packages.read(dataset.package, dataset.version, f"{dataset.folder}/{name}")


def add_dataset(dataset: Dataset) -> None:
    """Files, replicas, dataset, metadata and rules of one dataset; nothing where it is there."""
    from rucio.common.exception import DataIdentifierAlreadyExists
    from rucio.gateway import did, replica

    if planted(dataset):
        return
    contents = {name: content(dataset, name) for name in dataset.files}
    files = [put_file(dataset.home, dataset.scope, name, content) for name, content in contents.items()]
    missing = [dict(item) for item in files if not exists(dataset.scope, str(item["name"]))]
    if missing:
        replica.add_replicas(dataset.home, missing, issuer=OWNER)
    with suppress(DataIdentifierAlreadyExists):
        did.add_did(dataset.scope, dataset.name, "DATASET", issuer=OWNER, account=OWNER)
    attach(dataset.scope, dataset.name, dataset.files)
    did.set_metadata_bulk(dataset.scope, dataset.name, dict(dataset.metadata), issuer=OWNER)
    origin = {key: dataset.metadata[key] for key in ("experiment", "licence", "source") if key in dataset.metadata}
    for name in dataset.files:
        did.set_metadata_bulk(dataset.scope, name, dict(origin), issuer=OWNER)
    for rse in dataset.rules:
        add_rule(dataset, rse)


def add_container() -> None:
    """The container over the KM3NeT datasets."""
    from rucio.common.exception import DataIdentifierAlreadyExists
    from rucio.gateway import did

    scope, name, children = CONTAINER
    with suppress(DataIdentifierAlreadyExists):
        did.add_did(scope, name, "CONTAINER", issuer=OWNER, account=OWNER)
    attach(scope, name, children)
    did.set_metadata_bulk(scope, name, {**KM3NET_FACTS, "title": "Point-source sensitivity of KM3NeT/ARCA: inputs"}, issuer=OWNER)


def add_subscription() -> None:
    """One to be seen: no daemon of this stack acts on it."""
    from rucio.common.exception import SubscriptionDuplicate
    from rucio.gateway import subscription

    wanted = {"scope": [KM3NET], "did_type": ["DATASET"], "pattern": r"DM\..*"}
    rules = [{"copies": 1, "rse_expression": "DEMO-BOLOGNA", "activity": "User Subscriptions"}]
    facts = {"comments": "Demonstration: this stack acts on no subscription", "lifetime": False, "retroactive": False, "dry_run": False}
    with suppress(SubscriptionDuplicate):
        subscription.add_subscription("dark-matter-at-bologna", OWNER, wanted, rules, **facts, issuer="root", priority=3)


def plant() -> None:
    """Everything; planting again changes nothing."""
    scopes()
    if not all(planted(dataset) for dataset in DATASETS):
        packages.fetch()
    for dataset in (*DATASETS, RESTRICTED):
        add_dataset(dataset)
    add_container()
    add_subscription()
