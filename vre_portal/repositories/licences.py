"""Which licence a text is, by the words that each licence begins with; nothing where that is not certain."""

import re

# SPDX identifier, and words that all stand in the first lines of the text. The first that fits counts.
PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Apache-2.0", ("apache license", "version 2.0")),
    ("AGPL-3.0", ("gnu affero general public license", "version 3")),
    ("LGPL-3.0", ("gnu lesser general public license", "version 3")),
    ("LGPL-2.1", ("gnu lesser general public license", "version 2.1")),
    ("GPL-3.0", ("gnu general public license", "version 3")),
    ("GPL-2.0", ("gnu general public license", "version 2")),
    ("MPL-2.0", ("mozilla public license", "2.0")),
    ("CC0-1.0", ("cc0 1.0 universal",)),
    ("CC-BY-SA-4.0", ("attribution-sharealike 4.0 international",)),
    ("CC-BY-NC-4.0", ("attribution-noncommercial 4.0 international",)),
    ("CC-BY-4.0", ("attribution 4.0 international",)),
    ("EUPL-1.2", ("european union public licence", "1.2")),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "neither the name")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",)),
    ("MIT", ("permission is hereby granted, free of charge", "without restriction")),
    ("ISC", ("permission to use, copy, modify, and/or distribute this software",)),
)
# These texts are the same whether later versions may be used or not: SPDX has an identifier for each, and the text tells neither.
GNU = frozenset({"AGPL-3.0", "LGPL-3.0", "LGPL-2.1", "GPL-3.0", "GPL-2.0"})


def licence_of(text: str) -> str:
    """The SPDX identifier of a licence's text, of one in GNU without "-only" or "-or-later"; empty where it is none of those that are known."""
    words = re.sub(r"\s+", " ", text[:4000]).lower()
    return next((identifier for identifier, phrases in PHRASES if all(phrase in words for phrase in phrases)), "")
