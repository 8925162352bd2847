"""A table as a VOTable 1.4 document (IVOA recommendation of 21 October 2019)."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.utils.xmlutils import SimplerXMLGenerator

from vre_portal.citation_formats.reference import one_line
from vre_portal.xml_text import xml_text

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"  # also that of 1.4


@dataclass(frozen=True)
class Column:
    """A column: its name, type, what it is in words of the UCD vocabulary, and in a sentence."""

    name: str
    datatype: str  # char, unicodeChar, long
    ucd: str
    description: str
    unit: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """Those of the element FIELD."""
        size = {"arraysize": "*"} if self.datatype in ("char", "unicodeChar") else {}
        return {"name": self.name, "datatype": self.datatype, **size, "ucd": self.ucd, **({"unit": self.unit} if self.unit else {})}

    def cell(self, value: Any) -> str:
        """The text of a cell: a single-byte column has ASCII alone, a character of a unicodeChar column is one of UCS-2."""
        text = "" if value is None else xml_text(value)
        if self.datatype == "char":
            return text.encode("ascii", "replace").decode()
        return "".join(char if ord(char) < 0x10000 else "\ufffd" for char in text)

    def holds(self, value: Any) -> bool:
        """Whether the cell has every character of the value."""
        return self.cell(value) == ("" if value is None else str(value))


def document(columns: Iterable[Column], rows: Iterable[Mapping[str, Any]], *, name: str, url: str) -> str:
    """The document; a value that is None is an empty cell, which means a null since version 1.3."""
    out, found = io.StringIO(), list(columns)
    no_attributes: AttributesImpl[str] = AttributesImpl({})
    xml = SimplerXMLGenerator(out, "utf-8", short_empty_elements=True)
    xml.startDocument()
    begin(xml, "VOTABLE", {"version": "1.4", "xmlns": NAMESPACE})
    begin(xml, "RESOURCE", {"type": "results"})
    xml.addQuickElement("LINK", attrs={"href": url, "content-role": "doc"})
    begin(xml, "TABLE", {"ID": "basket", "name": one_line(xml_text(name))})
    for column in found:
        xml.startElement("FIELD", AttributesImpl(column.attributes))
        xml.addQuickElement("DESCRIPTION", column.description)
        end(xml, "FIELD")
    begin(xml, "DATA")
    begin(xml, "TABLEDATA")
    for row in rows:
        xml.startElement("TR", no_attributes)
        for column in found:
            xml.addQuickElement("TD", column.cell(row.get(column.name)))
        end(xml, "TR")
    for element in ("TABLEDATA", "DATA", "TABLE", "RESOURCE", "VOTABLE"):
        end(xml, element)
    xml.endDocument()
    return out.getvalue()


def begin(xml: SimplerXMLGenerator, element: str, attributes: Mapping[str, str] | None = None) -> None:
    """An element that has others in it, on a line of its own."""
    xml.startElement(element, AttributesImpl(dict(attributes or {})))
    xml.ignorableWhitespace("\n")


def end(xml: SimplerXMLGenerator, element: str) -> None:
    """The end of an element, and of its line."""
    xml.endElement(element)
    xml.ignorableWhitespace("\n")
