"""A copy of the repository in the scratch folder, made of links, with empty files for data that come later."""

from pathlib import Path


def mirror(folder: Path, scratch: Path, root: str, placeholders: list[str]) -> Path:
    """The folder that names count from, in the mirror; data that are bound later are empty files there."""
    base = scratch / "repository"
    base.mkdir()
    for path in sorted(folder.rglob("*")):
        place = base / path.relative_to(folder)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.symlink_to(path)
    work = (base / root).resolve() if root else base
    work.mkdir(parents=True, exist_ok=True)
    for name in placeholders:
        place = Path(*[part for part in Path(name).parts if part not in ("/", "..")])
        if place.parts and not (work / place).exists():
            (work / place.parent).mkdir(parents=True, exist_ok=True)
            (work / place).touch()
    return work
