"""Reads the colour roles of tokens.css and computes contrast as WCAG 2 defines it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "static" / "css"
SCHEMES = ("light", "dark")


def colours() -> dict[str, dict[str, str]]:
    """scheme -> role -> hex."""
    pairs = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)", (CSS / "tokens.css").read_text())
    return {scheme: {name: values[place] for name, *values in pairs} for place, scheme in enumerate(SCHEMES)}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
