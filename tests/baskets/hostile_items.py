"""Items whose names try to break out of what a basket becomes."""

from dataclasses import replace

from datalake.index.did_facts import facts_of
from projects.baskets.targets.collected import Collected, CollectedItem
from vre_portal.iam.models import User

NAMES = (
    'it\'s "quoted" `id` $(id) ; rm -rf ~',
    "line\nbreak\r\nand\ttab",
    r"\end{document} } % \input{/etc/passwd}",
    "]]> <!-- --> <script>alert(1)</script> &amp;",
    '=HYPERLINK("https://evil.example.org")',
    "b\x1bc\u202egnp.exe\u2028",
    "-rf",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "'''\"\"\"\\",
)
SCOPE = "KM3NET_ECAP_SP"


def item(kind: str, value: str, title: str = "", note: str = "") -> CollectedItem:
    found = CollectedItem(kind, value, title or value, "https://vre.example/x", "Data", note)
    return replace(found, facts=facts_of([found.did]).get(found.did)) if found.did else found


def hostile(reader: User) -> Collected:
    """Data and other things with each of the names."""
    data = [item("did", f"escape:{SCOPE}:{name}") for name in NAMES]
    others = [item("project", str(number), name, name) for number, name in enumerate(NAMES)]
    return Collected(f"Paper {NAMES[1]} {NAMES[3]}", "https://vre.example/basket/1/", reader, [*data, *others], number=1)
