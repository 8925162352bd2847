"""A basket as an RO-Crate 1.1: a description in JSON-LD that refers to its items by their addresses."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.baskets.targets.collected import Collected, CollectedItem, Data
from projects.baskets.targets.writing import Part, Target, Written
from vre_portal import things
from vre_portal.citation_formats import Author, Reference
from vre_portal.page_head import absolute
from vre_portal.vocabularies import orcid

SPECIFICATION = "https://w3id.org/ro/crate/1.1"
FILE = "ro-crate-metadata.json"
Entity = dict[str, Any]
# What the items of a kind are in schema.org's words; data come as File and Dataset.
TYPES = {
    "software": "SoftwareApplication",
    "environment": "SoftwareApplication",
    "workflow": "SoftwareSourceCode",
    "run": "CreateAction",
    "project": "ResearchProject",
    "output": "File",
    "result": "Dataset",
}
PARTS = ("File", "Dataset")  # the rest is mentioned


def write(collected: Collected) -> Written:
    """The metadata file; every kind of item has an entity."""
    text = json.dumps(document(collected), ensure_ascii=False, indent=2) + "\n"
    hint = _("Save it as ro-crate-metadata.json in an empty folder. It refers to the items by their addresses and does not contain them.")
    return Written([Part("jsonld", "RO-Crate", text, FILE, "application/ld+json", hint)])


def document(collected: Collected) -> Entity:
    """The crate: its descriptor, its root, an entity for each item, and those who made them."""
    references = things.references_of(collected.reader, [item.thing for item in collected.items])
    data = {row.item: row for row in collected.data}
    items = with_own_ids([entity_of(item, data.get(item), references.get(item.thing)) for item in collected.items])
    people = {person["@id"]: person for reference in references.values() for person in map(author_of, reference.authors)}
    descriptor = {
        "@id": FILE, "@type": "CreativeWork", "conformsTo": {"@id": SPECIFICATION}, "about": {"@id": "./"},
    }  # fmt: skip
    return {"@context": f"{SPECIFICATION}/context", "@graph": [descriptor, root_of(collected, items), *items, *people.values()]}


def with_own_ids(entities: list[Entity]) -> list[Entity]:
    """The entities; of those with the same page all but the first get a number behind its address."""
    numbers: Counter[str] = Counter()
    for entity in entities:
        address = str(entity["@id"])
        numbers[address] += 1
        if numbers[address] > 1:
            entity["@id"] = f"{address}#{numbers[address]}"
    return entities


def root_of(collected: Collected, items: list[Entity]) -> Entity:
    """The basket itself."""
    return without_empty({
        "@id": "./", "@type": "Dataset", "name": collected.name,
        "description": _("Items of the basket “%(name)s”, collected at %(url)s.") % {"name": collected.name, "url": absolute("/")},
        "datePublished": timezone.now().date().isoformat(),
        "license": _("Each item has its own licence; see its page."),
        "hasPart": references_to(item for item in items if item["@type"] in PARTS),
        "mentions": references_to(item for item in items if item["@type"] not in PARTS),
    })  # fmt: skip


def references_to(entities: Iterable[Entity]) -> list[Entity]:
    """Each by its identifier."""
    return [{"@id": entity["@id"]} for entity in entities]


def entity_of(item: CollectedItem, data: Data | None, reference: Reference | None) -> Entity:
    """An item, by the address of its page."""
    facts = data.facts if data else None
    kind = "File" if data and data.type == "FILE" else "Dataset" if data else TYPES.get(item.kind, "CreativeWork")
    cited = reference and {
        "identifier": reference.doi and reference.address,
        "author": [{"@id": author_of(author)["@id"]} for author in reference.authors],
        "version" if kind != "SoftwareApplication" else "softwareVersion": reference.version,
        "datePublished": reference.date,
        "license": reference.licence,
    }
    return without_empty({
        "@id": item.url, "@type": kind, "name": item.title, "url": item.url, "additionalType": item.label,
        "contentSize": str(facts.bytes) if facts and facts.bytes is not None else None,
        "identifier": data.text if data else None,
        **without_empty(cited or {}),
    })  # fmt: skip


def author_of(author: Author) -> Entity:
    """A person or an organisation: by ORCID iD, else by a name that is local to the crate."""
    identifier = orcid.address(author.orcid) if author.orcid else f"#{quote(author.name)}"
    kind = "Organization" if author.is_organisation else "Person"
    names = {"familyName": author.family, "givenName": author.given}
    return without_empty({"@id": identifier, "@type": kind, "name": author.name, **names, "affiliation": author.affiliation})


def without_empty(entity: Entity) -> Entity:
    """Only what is known."""
    return {key: value for key, value in entity.items() if value not in (None, "", [])}


TARGET = Target("crate", gettext_lazy("RO-Crate"), gettext_lazy("A description of all items in JSON-LD"), "package", write)
