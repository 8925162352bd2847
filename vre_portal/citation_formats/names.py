"""Names of people in two parts, as reference managers want them."""

# Words that belong to the family name after them, as in "Ludwig van Beethoven".
_PARTICLES = frozenset(
    {
        "af",
        "al",
        "ap",
        "av",
        "ben",
        "bin",
        "d'",
        "da",
        "das",
        "de",
        "dei",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "el",
        "la",
    }
    | {"le", "lo", "ten", "ter", "'t", "van", "ver", "vom", "von", "zu", "zum", "zur"}
)


def parts(name: str) -> tuple[str, str]:
    """Family and given name, from "Family, Given" or "Given Family"; a single word is a family name."""
    family, comma, given = name.partition(",")
    if comma:
        return family.strip(), given.strip()
    words = name.split()
    begin = max(len(words) - 1, 0)
    while begin > 1 and words[begin - 1].lower() in _PARTICLES:
        begin -= 1
    return " ".join(words[begin:]), " ".join(words[:begin])
