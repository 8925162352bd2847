"""One hello world of several jobs in each of REANA's engines: three greetings side by side, then what counts their letters."""

from typing import Any

import yaml

IMAGE = "python:3.13-slim"
NAMES = {"names.txt": "Ada\n"}
SNAKEFILE = """
rule all:
    input: "count.txt"
rule greet:
    input: "names.txt"
    output: "{word}.txt"
    container: "docker://IMAGE"
    resources: kubernetes_memory_limit="512Mi"
    shell: "echo {wildcards.word} $(cat {input}) > {output}; which python; echo said {wildcards.word}; FAIL"
rule count:
    input: expand("{word}.txt", word=config["words"])
    output: "count.txt"
    shell: "cat {input} | wc -c > {output}"
"""
CWL = """
cwlVersion: v1.0
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {words: "string[]", names: File}
outputs: {out: {type: File, outputSource: count/out}}
steps:
  greet: {run: greet.cwl, scatter: word, in: {word: words, names: names}, out: [out]}
  count: {run: count.cwl, in: {files: greet/out}, out: [out]}
"""
GREET_TOOL = """
cwlVersion: v1.0
class: CommandLineTool
requirements: {DockerRequirement: {dockerPull: "IMAGE"}}
baseCommand: [sh, -c, 'echo $0 $(cat $1); which python >&2; echo said $0 >&2; FAIL']
inputs: {word: {type: string, inputBinding: {position: 1}}, names: {type: File, inputBinding: {position: 2}}}
outputs: {out: stdout}
stdout: greeting.txt
"""
COUNT_TOOL = """
cwlVersion: v1.0
class: CommandLineTool
baseCommand: [sh, -c, 'cat $@ | wc -c', count]
inputs: {files: {type: "File[]", inputBinding: {position: 1}}}
outputs: {out: stdout}
stdout: count.txt
"""
YADAGE = """
stages:
  - name: greet
    dependencies: [init]
    scheduler:
      scheduler_type: multistep-stage
      parameters:
        word: {step: init, output: words}
        out: '{workdir}/greeting.txt'
      scatter: {method: zip, parameters: [word]}
      step: {$ref: 'yadage/steps.yaml#/greet'}
  - name: count
    dependencies: [greet]
    scheduler:
      scheduler_type: singlestep-stage
      parameters:
        files: {stages: greet, output: out}
        out: '{workdir}/count.txt'
      step: {$ref: 'yadage/steps.yaml#/count'}
"""
YADAGE_STEPS = """
greet:
  process: {process_type: interpolated-script-cmd, interpreter: bash, script: 'echo {word} Ada > {out}; which python; echo said {word}; FAIL'}
  environment: {environment_type: docker-encapsulated, image: NAME, imagetag: TAG, resources: [{kubernetes_memory_limit: 512Mi}]}
  publisher: {publisher_type: interpolated-pub, publish: {out: '{out}'}}
count:
  process: {process_type: string-interpolated-cmd, cmd: 'cat {files} | wc -c > {out}'}
  environment: {environment_type: docker-encapsulated, image: python, imagetag: 3.13-slim}
  publisher: {publisher_type: interpolated-pub, publish: {count: '{out}'}}
"""
PARAMETERS = "inputs.yaml"
WORDS = ["Good", "Bright", "Late"]
RESULT = {"snakemake": "count.txt", "cwl": "outputs/count.txt", "yadage": "count/count.txt"}
ENGINES = tuple(RESULT)


def specification(engine: str) -> dict[str, Any]:
    """The reana.yaml of one engine's hello world."""
    parameters: dict[str, Any] = {"words": WORDS} if engine == "yadage" else {"input": PARAMETERS}
    file = {"snakemake": "Snakefile", "cwl": "main.cwl", "yadage": "yadage/workflow.yaml"}[engine]
    return {
        "version": "0.9.0",
        "inputs": {"files": sorted(files(engine)), "parameters": parameters},
        "workflow": {"type": engine, "file": file},
        "outputs": {"files": [RESULT[engine]]},
    }


def files(engine: str, image: str = IMAGE, ending: str = "true") -> dict[str, str]:
    """Its files; the greetings have this image and end with this command."""
    name, tag = image.split(":")
    found = {
        "snakemake": {"Snakefile": SNAKEFILE, PARAMETERS: yaml.safe_dump({"words": WORDS})},
        "cwl": {
            PARAMETERS: yaml.safe_dump({"words": WORDS, "names": {"class": "File", "path": "names.txt"}}),
            "main.cwl": CWL,
            "greet.cwl": GREET_TOOL,
            "count.cwl": COUNT_TOOL,
        },
        "yadage": {"yadage/workflow.yaml": YADAGE, "yadage/steps.yaml": YADAGE_STEPS},
    }[engine]
    words = {"IMAGE": image, "NAME": name, "TAG": tag, "FAIL": ending}
    for placeholder, word in words.items():
        found = {file: text.replace(placeholder, word) for file, text in found.items()}
    return {**NAMES, **found}
