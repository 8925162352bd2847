"""`make pictures`: pictures of real pages of the running stack for the README and the documentation."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from devstack import address

FOLDER = address.ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
LARGEST = 150_000  # bytes of one picture
# name -> address, and whether a script has to have filled the page with fragments before it is taken
PAGES = {
    "start": "/",
    "dashboard": "/dashboard/",
    "search": "/search/?q=neutrino",
    "project": "/projects/km3net/",
    "result": "/projects/km3net/results/",
    "launch": "/projects/km3net/workflows/new/",
    "dataset": "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf",
    "sites": "/datalake/escape/rses/",
}


class PictureError(Exception):
    """A picture could not be made; the text says which and why."""


def chromium() -> str | None:
    """The machine's own Chromium, or the one that VRE_CHROMIUM names; None leaves the choice to Playwright."""
    return os.environ.get("VRE_CHROMIUM") or shutil.which("chromium")


def compressed(shot: bytes) -> bytes:
    """The picture as WebP below LARGEST; raises PictureError where it does not become so small."""
    from PIL import Image

    with Image.open(BytesIO(shot)) as found:
        drawn = found.convert("RGB")
    for quality in (90, 80, 70, 60):
        made = BytesIO()
        drawn.save(made, "WEBP", quality=quality, method=6)
        if made.tell() <= LARGEST:
            return made.getvalue()
    raise PictureError(f"It is {made.tell() // 1000} kB even at the lowest quality; at most {LARGEST // 1000} kB are wanted.")


def take(name: str = "lead") -> list[Path]:
    """Sign in as that person at the running stack and take a picture of each page; the files that were written."""
    from playwright.sync_api import Error, sync_playwright

    written = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=address.PORTAL_URL, color_scheme="light")
        try:
            page.goto("/dashboard/")
            page.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).first.click()
            page.get_by_role("button", name=f"Use the account {name}").click()
            page.wait_for_url(re.compile(f"^{re.escape(address.PORTAL_URL)}/dashboard/"))
            for title, where in PAGES.items():
                reply = page.goto(where)
                if reply is None or not reply.ok:
                    raise PictureError(f"{where} answered {reply.status if reply else 'nothing'}.")
                page.wait_for_load_state("networkidle")
                page.evaluate("document.fonts.ready")
                file = FOLDER / f"{title}.webp"
                file.write_bytes(compressed(page.screenshot()))
                written.append(file)
        except Error as error:
            raise PictureError(f"The stack at {address.PORTAL_URL} could not be walked: {error.message.splitlines()[0]}") from None
        finally:
            browser.close()
    return written


def main(make: Callable[[], list[Path]] = take) -> int:
    """Write the pictures and say their sizes; 1 and a sentence where one could not be made."""
    FOLDER.mkdir(exist_ok=True)
    try:
        for file in make():
            print(f"{file.relative_to(address.ROOT)} {file.stat().st_size // 1000} kB")
    except PictureError as error:
        print(f"{error} Start the stack first (make run), and see that Chromium is installed.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
