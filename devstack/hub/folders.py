"""Where the hub keeps what belongs to one person: their notebooks, their token file, their Rucio settings."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devstack import address


@dataclass(frozen=True)
class PersonalFolder:
    """The files of one person, by the name that the hub knows them by."""

    user: str

    @property
    def exists(self) -> bool:
        """Whether the person has been let in before."""
        return (address.state_dir("hub") / "settings" / self.user).is_dir()

    @property
    def home(self) -> Path:
        return _private(address.state_dir("hub") / "homes" / self.user)

    @property
    def settings(self) -> Path:
        return _private(address.state_dir("hub") / "settings" / self.user)

    @property
    def token_file(self) -> Path:
        return self.settings / "rucio.token"

    @property
    def token_status(self) -> Path:
        """What the hub last did about that token, as JSON; its name is the token file's with an ending, so that sessions find it."""
        return self.token_file.with_name(f"{self.token_file.name}.status")

    @property
    def rucio_config(self) -> Path:
        return self.settings / "rucio.cfg"

    @property
    def rucio_cache(self) -> Path:
        return _private(self.settings / "rucio-cache")


def write_private(target: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only: a reader sees the old text or the new, never half."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink()
        raise


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
