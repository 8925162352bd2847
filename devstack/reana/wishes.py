"""What a job asks for, checked as REANA's job controller checks it before it takes the job."""

import re
from collections.abc import Mapping
from typing import Any

from devstack.reana import facts, jobs, limits

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
SHORT = {"kubernetes": "Kubernetes", "htcondorcern": "HTCondor", "slurmcern": "Slurm", "compute4punch": "Compute4PUNCH"}


class NotTaken(Exception):
    """The job is not taken; the text says why in REANA's words."""


def memory(text: str) -> int | None:
    """Kubernetes' notation in bytes; None where it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]i?)?", text)
    return int(float(found[1]) * UNITS[found[2] or ""]) if found else None


def job(name: str, image: str, cmd: str, shown: str, asked: Mapping[str, Any]) -> jobs.Job:
    """A job as it is asked for; raises NotTaken. A machine of one's own gives less memory than a cluster, so what is allowed may be cut."""
    backend = str(asked.get("compute_backend") or "kubernetes")
    if backend not in facts.facts()["compute_backends"]:
        raise NotTaken(f"Job submission failed. Backend {backend} is not supported.")
    return jobs.Job(
        cmd=shown, arguments=["bash", "-c", cmd], image=image.removeprefix("docker://"), name=name, backend=SHORT.get(backend, backend),
        memory=min(_memory(asked) or limits.JOB_MEMORY, limits.JOB_MEMORY), seconds=min(_seconds(asked), limits.JOB_SECONDS),
    )  # fmt: skip


def _memory(asked: Mapping[str, Any]) -> int:
    text, most = str(asked.get("kubernetes_memory_limit") or ""), facts.facts()["kubernetes_max_memory_limit"]
    if not text:
        return 0
    wanted = memory(text)
    if wanted is None:
        raise NotTaken(f'The "kubernetes_memory_limit" requested {text} has wrong format.')
    if most and wanted > (memory(most) or 0):
        raise NotTaken(f'The "kubernetes_memory_limit" requested ({text}) exceeds the limit ({most}).')
    return wanted


def _seconds(asked: Mapping[str, Any]) -> int:
    text, most = asked.get("kubernetes_job_timeout"), int(facts.facts()["maximum_kubernetes_jobs_timeout"])
    if text in (None, ""):
        return limits.JOB_SECONDS
    try:
        seconds = int(str(text))
    except ValueError:
        raise NotTaken("kubernetes_job_timeout must be an integer.") from None
    if seconds > most:
        raise NotTaken(f"kubernetes_job_timeout exceeds maximum allowed value of {most} seconds.")
    return max(1, seconds)
