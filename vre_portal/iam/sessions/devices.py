"""A browser's name from its User-Agent header; only names of this list are ever stored or shown."""

from django.utils.translation import gettext as _

# The first that is named wins: later ones are also named by browsers that imitate them.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),  # untranslated: a name
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
        return _("A program on %(system)s") % {"system": system} if system else _("A program or an unknown browser")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
