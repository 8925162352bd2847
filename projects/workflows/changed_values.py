"""Values in a YAML file that its readers change or take for text without a word: `012`, `1:30`, `no`, `1e-3`, `3.10`."""

import re
from collections.abc import Iterator

import yaml
from django.utils.translation import gettext as _

from projects.workflows.launching import yaml_values
from projects.workflows.launching.plain_values import written

MAX_SHOWN = 60  # characters of a value
_LOSES_ZEROS = re.compile(r"[-+]?[0-9]*\.[0-9]+0")  # 3.10, which may be the name of a version, is sent as 3.1


def sentences(node: yaml.Node | None) -> Iterator[str]:
    """A sentence for each value below the node that REANA gets as another one than somebody would read there."""
    for scalar in scalars(node):
        yield from _of_scalar(str(scalar.value), int(scalar.start_mark.line) + 1)


def scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The values below the node that are not in quotes; no names."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode):
        for item in node.value:
            yield from scalars(item[1] if isinstance(node, yaml.MappingNode) else item)
    elif isinstance(node, yaml.ScalarNode) and node.style not in yaml_values.QUOTED and node.value:
        yield node


def below(root: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The node at a path of names."""
    for name in path:
        items = root.value if isinstance(root, yaml.MappingNode) else ()
        root = next((item for key, item in reversed(items) if key.value == name), None)
    return root


def _of_scalar(text: str, line: int) -> Iterator[str]:
    try:
        is_float = isinstance(yaml_values.scalar(text), float)
        if not is_float or not (yaml_values.is_usual_text(text) or _LOSES_ZEROS.fullmatch(text)):
            return
    except yaml_values.YamlFault:
        pass
    read = yaml_values.as_read(text)
    values = {"line": line, "value": text[:MAX_SHOWN], "read": written(read)[:MAX_SHOWN], "quoted": written(text[:MAX_SHOWN])}
    if isinstance(read, str):
        yield _("Line %(line)s: “%(value)s” is read as text, not as a number.") % values
    else:
        yield _("Line %(line)s: “%(value)s” is read as %(read)s. Write %(read)s, or %(quoted)s for the text.") % values
