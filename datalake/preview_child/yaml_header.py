"""The header of an ECSV file, looked at before anything is built of it: aliases make a few lines into millions of values."""

import yaml

from datalake.preview_child.limits import NoPreview

MOST_VALUES, DEEPEST = 20_000, 50
TOO_MUCH = f"Its header has more than {MOST_VALUES:,} values once its YAML aliases are followed, too many for a preview."


def check(text: str) -> None:
    """Count the values of the header with each alias as large as what it stands for; raises NoPreview where they are too many or too deep."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # the anchor of each collection, and the count before it
    count = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                count += sizes.get(event.anchor or "", MOST_VALUES)
            elif isinstance(event, yaml.ScalarEvent):
                count += 1
                sizes |= {event.anchor: 1} if event.anchor else {}
            elif isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, count))
                count += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = open_nodes.pop()
                sizes |= {anchor: count - before} if anchor else {}
            if count > MOST_VALUES:
                raise NoPreview(TOO_MUCH)
            if len(open_nodes) > DEEPEST:
                raise NoPreview("Its header is nested more deeply than a preview goes.")
    except yaml.YAMLError:
        raise NoPreview("Its header is not the YAML of an ECSV file.") from None
