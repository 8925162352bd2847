"""Which jobs ran for which rule, tool or stage: by the name that the engine gives its jobs, numbered ones of a scatter together."""

import re
from collections.abc import Iterator, Sequence

from projects.workflows.engines.reading import Node
from projects.workflows.placing import StoredJob

# fit_2, fit-2, fit[2], fit(2), fit.2, fit 2: a number of a scatter's job
_NUMBERED = re.compile(r"[ _.\-]?[\[(]?\d{1,9}[\])]?$")
_WILDCARDS = re.compile(r" \([^()]*=.*\)$", re.DOTALL)  # fit (sample=a): how REANA's Snakemake calls a job of a rule with wildcards
PACKED = "main"  # how a CWL tool without a workflow around it is called once it is packed
_PATH = re.compile(r"[/#:]")  # main.cwl#fit, workflow/fit
# What engines write of a step that failed: Snakemake, cwltool, Yadage.
_FAILED = (
    re.compile(r"(?:Error in rule|RuleException in rule|Error executing rule) ([^\s:,]+)"),
    re.compile(r"\[(?:step|job) ([^\]]+)\] completed permanentFail"),
    re.compile(r"(?:node|task|step) ['\"<]?([\w./-]+)['\">]?:? (?:has )?failed", re.IGNORECASE),
)


def matched(nodes: Sequence[Node], jobs: list[StoredJob]) -> tuple[list[list[StoredJob]], list[StoredJob]]:
    """The jobs of each node, and the jobs that are nobody's.

    Where several nodes have one name, such as the jobs of a rule, each takes one job: the one with its command, else the next in order;
    what is left over, such as a second attempt, belongs to the last of them.
    """
    by_name: dict[str, list[int]] = {}
    for number, node in enumerate(nodes):
        by_name.setdefault(node.name or node.key, []).append(number)
    found: list[list[StoredJob]] = [[] for _ in nodes]
    waiting: dict[str, list[StoredJob]] = {}
    others = []
    for job in jobs:
        names = list(names_of(str(job.get("name") or "")))
        name = next((name for name in names if name in by_name), None)
        if name is None and len(nodes) == 1 and nodes[0].name and PACKED in names:
            name = nodes[0].name
        if name is None:
            others.append(job)
        else:
            waiting.setdefault(name, []).append(job)
    for name, named in waiting.items():
        _share(nodes, by_name[name], named, found)
    return found, others


def _share(nodes: Sequence[Node], numbers: list[int], jobs: list[StoredJob], found: list[list[StoredJob]]) -> None:
    if len(numbers) == 1:
        found[numbers[0]] = jobs
        return
    free: dict[str, list[int]] = {}
    for number in reversed(numbers):
        for command in set(nodes[number].commands):
            free.setdefault(command, []).append(number)
    left: list[StoredJob] = []
    for job in jobs:
        own = free.get(str(job.get("command")))
        (found[own.pop()] if own else left).append(job)
    empty = iter([number for number in numbers if not found[number]])
    for job in left:
        found[next(empty, numbers[-1])].append(job)


def names_of(name: str) -> Iterator[str]:
    """What a job's name may stand for, the nearest first: itself, without its wildcards, the end of a path, and both without a number."""
    rule = _WILDCARDS.sub("", name)
    last = _PATH.split(rule)[-1]
    yield from dict.fromkeys((name, rule, last, _NUMBERED.sub("", rule), _NUMBERED.sub("", last)))


def named_as_failed(text: str, names: Sequence[str]) -> str:
    """The first of these steps that an engine's own report says failed; empty where it names none of them."""
    for line in text.splitlines():
        for pattern in _FAILED:
            for name in (name for said in pattern.findall(line[:2000]) for name in names_of(said)):
                if name in names:
                    return name
    return ""
