"""Run a Snakefile by Snakemake with an executor that hands each rule's command to the server, as REANA's engine does."""

import json
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    DeploymentSettings,
    OutputSettings,
    ResourceSettings,
    StorageSettings,
    WorkflowSettings,
)
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
from snakemake_interface_executor_plugins.settings import CommonSettings

from devstack.reana.children import submitting

AT_ONCE = 300
SECONDS_BETWEEN_LOOKS = 0.2
WISHES = (
    "compute_backend", "kerberos", "unpacked_img", "kubernetes_uid", "kubernetes_cpu_request", "kubernetes_cpu_limit",
    "kubernetes_memory_request", "kubernetes_memory_limit", "kubernetes_job_timeout", "voms_proxy", "rucio",
)  # fmt: skip
common_settings = CommonSettings(
    non_local_exec=True, implies_no_shared_fs=False, job_deploy_sources=True, pass_default_storage_provider_args=True,
    pass_default_resources_args=True, pass_envvar_declarations_to_cmd=True, auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=0,
)  # fmt: skip
wanted: dict[str, Any] = {}


class Executor(RemoteExecutor):  # type: ignore[misc]
    """Each rule with a command is one job of the server."""

    def __post_init__(self) -> None:
        self.next_seconds_between_status_checks = SECONDS_BETWEEN_LOOKS

    def run_job(self, job: Any) -> None:
        """Ask for the job. As in REANA, nothing makes the folders of its outputs, and only commands of a shell can be run."""
        submitting.tell_total(len([each for each in job.dag._needrun | job.dag._finished if not each.rule.norun]))
        info = SubmittedJobInfo(job=job)
        if not job.is_shell:
            self.report_job_error(info, msg="Python code execution is not supported yet.")
            return
        image = (job.container_img_url or wanted["default_image"]).removeprefix("docker://")
        wishes = {name: job.resources.get(name) for name in WISHES if job.resources.get(name) is not None}
        try:
            info.external_jobid = submitting.submit(_name(job), image, job.shellcmd, wishes)
        except submitting.NotTaken as error:
            self.report_job_error(info, msg=str(error))
            return
        self.report_job_submission(info)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Tell Snakemake which have ended; the others are given back."""
        self.next_seconds_between_status_checks = SECONDS_BETWEEN_LOOKS
        for info in active_jobs:
            status = submitting.status(info.external_jobid)
            if status == "finished":
                self.report_job_success(info)
            elif status in submitting.ENDED:
                self.report_job_error(info)
            else:
                yield info

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """The server ends the jobs of an engine that has ended."""


def _name(job: Any) -> str:
    """The rule's name; newer engines add the wildcards that tell its jobs apart."""
    if not wanted["wildcards_in_names"] or not job.wildcards:
        return str(job.name)
    return f"{job.name} ({', '.join(f'{key}={value}' for key, value in job.wildcards.items())})"


def main() -> int:
    """Run the workflow of this folder to its end."""
    wanted.update(json.loads(Path(sys.argv[1]).read_text()))
    ExecutorPluginRegistry().register_plugin("reana", sys.modules[__name__])
    with SnakemakeApi(OutputSettings(printshellcmds=True)) as api:
        try:
            workflow = api.workflow(
                resource_settings=ResourceSettings(nodes=AT_ONCE),
                config_settings=ConfigSettings(config=wanted["parameters"]),
                storage_settings=StorageSettings(),
                workflow_settings=WorkflowSettings(),
                deployment_settings=DeploymentSettings(),
                storage_provider_settings={},
                snakefile=Path(wanted["file"]),
                workdir=Path.cwd(),
            )
            workflow.dag(dag_settings=DAGSettings()).execute_workflow(executor="reana")
        except WorkflowError as error:
            api.print_exception(error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
