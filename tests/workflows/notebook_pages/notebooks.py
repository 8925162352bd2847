"""Notebooks as papermill leaves them, and a run that ends with one."""

import base64
import hashlib
import io
import json
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from projects.workflows.models import NotebookRendering, Run, RunFile
from projects.workflows.notebook_pages import worker

TEXT = """
version: 0.9.4
inputs:
  files: [fit.ipynb]
  parameters: {index: 2.0, label: Fit}
workflow:
  type: serial
  specification:
    steps:
      - environment: 'docker.io/library/python:3.13-slim'
        commands: ['papermill fit.ipynb results/fit.ipynb -p index "${index}" -r label "${label}"']
outputs: {files: [results/fit.ipynb]}
"""
SIDECAR = b"""
title: A fit
description: Fits a line.
parameters:
  points: {type: integer, default: 10, minimum: 1, maximum: 100, description: How many}
  slope: {type: number, default: 1, title: Slope}
  label: {type: string, default: Fit}
  with_noise: {type: boolean, default: false}
"""
OUTPUT = "results/fit.ipynb"


def notebook(*outputs: dict[str, Any], text: str = "# A fit") -> bytes:
    """An executed notebook with one cell of code."""
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "print(index)", "outputs": list(outputs)}
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text}, code]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**data: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {name.replace("__", "/"): value for name, value in data.items()}}


def png() -> str:
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def finish(rendering: NotebookRendering, content: bytes | None) -> NotebookRendering:
    """The run ends with this notebook, or without one, and a worker reads it."""
    run, now = rendering.run, timezone.now()
    assert run is not None
    if content is not None:
        file = RunFile.objects.create(run=run, path=OUTPUT, state=RunFile.State.WAITING)
        held = RunFile.claim(file.pk)
        assert held is not None
        name = held.file.storage.save(f"runs/{file.pk}", ContentFile(content))
        held.copied(size=len(content), sha256=hashlib.sha256(content).hexdigest(), name=name, head=content[:8])
    Run.objects.filter(pk=run.pk).update(status="finished", started_at=now, finished_at=now, listed_at=now, collected_at=now)
    return read(rendering)


def read(rendering: NotebookRendering) -> NotebookRendering:
    worker.read(rendering.pk)
    return NotebookRendering.objects.select_related("run__project").get(pk=rendering.pk)
