"""Small repositories with one analysis each, in the shapes of the public demonstrations of REANA: our own files."""

from projects.workflows.engines import Reading, read
from projects.workflows.validation_results import Check

PYTHON = "docker.io/library/python:3.13-slim"
NOTEBOOK = "docker.io/example/papermill:2.7"
FIT = "docker.io/example/uproot:5"

SERIAL = f"""\
version: 0.9.0
inputs:
  files: [code/hello.py, data/names.txt]
  parameters:
    script: code/hello.py
    names: data/names.txt
    pause: 0
workflow:
  type: serial
  specification:
    steps:
      - name: hello
        environment: {PYTHON}
        kubernetes_memory_limit: 256Mi
        commands:
          - python ${{script}} ${{names}} > greetings.txt
      - environment: {PYTHON}
        commands:
          - sleep ${{pause}}
          - wc greetings.txt
outputs:
  files: [greetings.txt]
"""
SNAKEMAKE = """\
version: 0.9.0
inputs:
  files: [code/hello.py, data/names.txt]
  directories: [workflow]
  parameters:
    input: workflow/inputs.yaml
workflow:
  type: snakemake
  file: workflow/Snakefile
outputs:
  files: [results/plot.png]
"""
SNAKEFILE = f"""\
include: "rules/greet.smk"

rule all:
    input: "results/plot.png"

rule merge:
    input: expand("results/{{name}}.txt", name=config["people"])
    output: "results/all.txt"
    container: "docker://{PYTHON}"
    resources:
        kubernetes_memory_limit="256Mi",
        compute_backend="kubernetes"
    shell: "cat {{input}} > {{output}}"

rule plot:
    input: "results/all.txt"
    output: png="results/plot.png"
    container: "docker://{PYTHON}"
    shell: "plot {{input}} {{output.png}}"

rule never:
    output: "results/never.txt"
    container: "docker://{PYTHON}"
    shell: "touch {{output}}"
"""
GREET = f"""\
rule greet:
    input:
        script=config["script"]
    params:
        pause=config["pause"]
    output: "results/{{name}}.txt"
    container: "docker://{PYTHON}"
    shell: "python {{input.script}} {{wildcards.name}} {{params.pause}} > {{output}}"
"""
CWL = """\
version: 0.9.0
inputs:
  files: [code/plot.ipynb, data/table.csv]
  directories: [workflow]
  parameters:
    input: workflow/job.yml
workflow:
  type: cwl
  file: workflow/population.cwl
outputs:
  files: [plot.png]
"""
POPULATION = """\
cwlVersion: v1.2
class: Workflow
requirements:
  ScatterFeatureRequirement: {}
inputs:
  notebook: File
  table: File
  regions: string[]
  year_min: {type: int, default: 1500}
outputs:
  plot: {type: File, outputSource: join/plot}
steps:
  draw:
    run: draw.cwl
    hints:
      reana: {compute_backend: kubernetes, kubernetes_memory_limit: 512Mi}
    scatter: region
    in: {notebook: notebook, table: table, region: regions, year_min: year_min}
    out: [plot]
  join:
    run:
      class: ExpressionTool
      requirements: {InlineJavascriptRequirement: {}}
      inputs: {plots: "File[]"}
      outputs: {plot: File}
      expression: "${ return {plot: inputs.plots[0]}; }"
    in: {plots: draw/plot}
    out: [plot]
"""
DRAW = f"""\
cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirement: {{dockerPull: {NOTEBOOK}}}
  ResourceRequirement: {{coresMin: 2, ramMin: 1024}}
baseCommand: [papermill]
arguments: ["--log-output"]
inputs:
  notebook: {{type: File, inputBinding: {{position: 1}}}}
  table: {{type: File, inputBinding: {{position: 2, prefix: -p table}}}}
  region: {{type: string, inputBinding: {{position: 3, prefix: -p region}}}}
  year_min: int?
outputs:
  plot: {{type: File, outputBinding: {{glob: plot.png}}}}
"""
JOB = """\
notebook: {class: File, path: code/plot.ipynb}
table: {class: File, path: data/table.csv}
regions: [Africa, Asia]
"""
YADAGE = """\
version: 0.9.0
inputs:
  files: [code/fit.py]
  directories: [workflow]
  parameters:
    events: [1000, 2000]
    code: code/fit.py
workflow:
  type: yadage
  file: workflow/workflow.yml
outputs:
  files: [fit/plot.png]
"""
STAGES = """\
stages:
  - name: generate
    dependencies: [init]
    scheduler:
      scheduler_type: multistep-stage
      parameters:
        events: {step: init, output: events}
        code: {step: init, output: code}
        data: "{workdir}/data.root"
      scatter: {method: zip, parameters: [events]}
      step: {$ref: "workflow/steps.yml#/generate"}
  - name: fit
    dependencies: [generate]
    scheduler:
      scheduler_type: singlestep-stage
      parameters:
        code: {step: init, output: code}
        inputs: {stages: generate, output: data}
        plot: "{workdir}/plot.png"
      step: {$ref: "workflow/steps.yml#/fit"}
"""
STEPS = f"""\
generate:
  process: {{process_type: string-interpolated-cmd, cmd: "python {{code}} generate {{events}} {{data}}"}}
  publisher: {{publisher_type: frompar-pub, outputmap: {{data: data}}}}
  environment: &image
    environment_type: docker-encapsulated
    image: {FIT.partition(":")[0]}
    imagetag: "5"
    resources: [{{kubernetes_memory_limit: 256Mi}}, {{compute_backend: kubernetes}}]
fit:
  process: {{process_type: interpolated-script-cmd, script: "python {{code}} fit {{plot}} {{inputs}}"}}
  publisher: {{publisher_type: frompar-pub, outputmap: {{plot: plot}}}}
  environment: *image
"""
COMMON = {
    "code/hello.py": "print(1)\n",
    "data/names.txt": "Ada\n",
    "code/plot.ipynb": "{}",
    "data/table.csv": "a,b\n1,2\n",
    "code/fit.py": "",
}
REPOSITORIES: dict[str, dict[str, str]] = {
    "serial": {**COMMON, "reana.yaml": SERIAL},
    "snakemake": {
        **COMMON,
        "reana.yaml": SNAKEMAKE,
        "workflow/Snakefile": SNAKEFILE,
        "workflow/rules/greet.smk": GREET,
        "workflow/inputs.yaml": "script: code/hello.py\npeople: [Ada, Bob]\npause: 0\n",
    },
    "cwl": {**COMMON, "reana.yaml": CWL, "workflow/population.cwl": POPULATION, "workflow/draw.cwl": DRAW, "workflow/job.yml": JOB},
    "yadage": {**COMMON, "reana.yaml": YADAGE, "workflow/workflow.yml": STAGES, "workflow/steps.yml": STEPS},
}
# What each repository's workflow is made of: the files that a mutant may be made from.
WORKFLOW_FILES = {
    "serial": ["reana.yaml"],
    "snakemake": ["reana.yaml", "workflow/Snakefile", "workflow/rules/greet.smk", "workflow/inputs.yaml"],
    "cwl": ["reana.yaml", "workflow/population.cwl", "workflow/draw.cwl", "workflow/job.yml"],
    "yadage": ["reana.yaml", "workflow/workflow.yml", "workflow/steps.yml"],
}


def reading(engine: str, changes: dict[str, str | bytes] | None = None, **options: object) -> Reading:
    """The repository of this engine as it is understood, with some files changed."""
    files: dict[str, str | bytes] = {**REPOSITORIES[engine], **(changes or {})}
    written = {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
    return read(written, "reana.yaml", **options)  # type: ignore[arg-type]


def replaced(engine: str, file: str, old: str, new: str, **options: object) -> Reading:
    """The same with one piece of one file replaced."""
    text = REPOSITORIES[engine][file]
    assert text.count(old) == 1, f"{old!r} is not in {file} once"
    return reading(engine, {file: text.replace(old, new)}, **options)


def faults(found: Reading) -> list[Check]:
    """The checks that are errors or warnings."""
    return [check for check in found.checks if check.state in ("error", "warning")]


def states(found: Reading) -> dict[str, str]:
    """The worst state of each name."""
    order = ("ok", "not checked", "warning", "error")
    worst: dict[str, str] = {}
    for check in found.checks:
        worst[check.name] = max(worst.get(check.name, "ok"), check.state, key=order.index)
    return worst
