"""Run a Yadage workflow with a backend that hands each packtivity to the server, as REANA's engine does."""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import yadage.backends.packtivitybackend
import yaml
from packtivity.asyncbackends import ExternalAsyncProxy
from packtivity.syncbackends import build_job, finalize_inputs, packconfig, publish
from yadage.steering_api import steering_ctx

from devstack.reana.children import submitting

SECONDS_BETWEEN_LOOKS = 0.2


class Proxy(ExternalAsyncProxy):  # type: ignore[misc]
    """What stands for a packtivity that the server runs."""

    def details(self) -> dict[str, Any]:
        """As JSON, for yadage writes its state beside the outputs."""
        return {
            "resultdata": self.resultdata, "jobproxy": self.jobproxy, "spec": self.spec,
            "statedata": self.statedata.json(), "pardata": self.pardata.json(),
        }  # fmt: skip


class Backend:
    """The packtivities of a workflow as jobs of the server."""

    def __init__(self) -> None:
        self.config = packconfig()

    def submit(self, spec: Any, parameters: Any, state: Any, metadata: dict[str, Any]) -> Proxy:
        """Ask for the job of one packtivity; raises where the server does not take it."""
        parameters, state = finalize_inputs(parameters, state)
        job = build_job(spec["process"], parameters, state, self.config)
        state.ensure()
        shown = command = job.get("command", "")
        if "script" in job:
            encoded = base64.b64encode(job["script"].encode()).decode()
            shown, command = job["script"], f"echo {encoded}|base64 -d|{job['interpreter']}"
        environment = spec["environment"]
        tag = environment.get("imagetag", "")
        wishes = {key: value for item in environment.get("resources") or [] if isinstance(item, dict) for key, value in item.items()}
        image = f"{environment['image']}:{tag}" if tag else environment["image"]
        key = submitting.submit(metadata["name"], image, command, wishes, shown)
        return Proxy(jobproxy={"job_id": key}, spec=spec, pardata=parameters, statedata=state)

    def ready(self, proxy: Proxy) -> bool:
        """Whether it has ended."""
        return submitting.status(proxy.jobproxy["job_id"]) in submitting.ENDED

    def successful(self, proxy: Proxy) -> bool:
        """Whether it has ended well."""
        return submitting.status(proxy.jobproxy["job_id"]) == "finished"

    def fail_info(self, proxy: Proxy) -> str:
        """What yadage prints of one that has failed."""
        return f"job {proxy.jobproxy['job_id']} {submitting.status(proxy.jobproxy['job_id'])}"

    def result(self, proxy: Proxy) -> Any:
        """What it has published."""
        proxy.pardata, proxy.statedata = finalize_inputs(proxy.pardata, proxy.statedata)
        return publish(proxy.spec["publisher"], proxy.pardata, proxy.statedata, self.config)


class Tracker:
    """Tells the server how many packtivities the graph has, as far as it is known."""

    def initialize(self, steering: Any) -> None:
        """At the beginning."""
        self.track(steering)

    def track(self, steering: Any) -> None:
        """Whenever the graph may have grown."""
        nodes = [steering.dag.getNode(key) for key in steering.dag.nodes()]
        total = len([node for node in nodes if not node.task.metadata["wflow_hints"].get("is_purepub", False)])
        if total:
            submitting.tell_total(total)

    def finalize(self, steering: Any) -> None:
        """At the end."""
        self.track(steering)


def main() -> int:
    """Run the workflow of this folder to its end."""
    wanted = json.loads(Path(sys.argv[1]).read_text())
    options = wanted["options"]
    values: dict[str, Any] = {}
    for name in options.get("initfiles") or []:
        values.update(yaml.safe_load(Path(name).read_text()))
    values.update(wanted["parameters"])
    with steering_ctx(
        dataarg=str(Path.cwd()), dataopts={"initdir": options.get("initdir") or ""}, initdata=values, visualize=False,
        updateinterval=SECONDS_BETWEEN_LOOKS, loginterval=30, accept_metadir=True, workflow_json=wanted["specification"],
        backend=yadage.backends.packtivitybackend.PacktivityBackend(packtivity_backend=Backend(), backendopts={}),
    ) as steering:  # fmt: skip
        steering.adage_argument(additional_trackers=[Tracker()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
