"""Public pages: rendered once for each version of what they show, and answered from memory to everybody without a session.

`public_page` declares what a page shows, `watch` which tables that is; docs/decisions/page-cache.md says why it is made so.
"""

from vre_portal.pages.decorators import public_page
from vre_portal.pages.frame import show_on_every_page
from vre_portal.pages.lifetime import expires_at, expires_in, is_measured
from vre_portal.pages.parts import part_version, unknown_version
from vre_portal.pages.shared_values import SharedValue
from vre_portal.pages.triggers import watch

__all__ = [
    "SharedValue", "expires_at", "expires_in", "is_measured", "part_version", "public_page", "show_on_every_page", "unknown_version", "watch"
]  # fmt: skip
