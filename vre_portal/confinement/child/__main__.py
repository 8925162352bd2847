"""The beginning of a confined process: `python -I -B __main__.py < wish`, with the Python of any environment."""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]


def use_confinement_alone() -> None:
    """Let this process import the modules beside this one without the portal, for which its Python has no packages."""
    for name in ("vre_portal", "vre_portal.confinement"):
        package = ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package


if __name__ == "__main__":
    use_confinement_alone()
    from vre_portal.confinement.child.answering import main

    main()
