"""A browser in words, from what it says of itself; only words of ours are ever kept or shown."""

# The first that is named wins: later ones are also named by browsers that imitate them.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
MOST = 1000  # letters that are looked at


def device(user_agent: str) -> str:
    """Such as "Firefox on Linux"; what is no browser is a program."""
    said = user_agent[:MOST]
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    system = next((name for mark, name in SYSTEMS if mark in said), "")
    if not browser:
        return f"A program on {system}" if system else "A program or an unknown browser"
    return f"{browser} on {system}" if system else browser
