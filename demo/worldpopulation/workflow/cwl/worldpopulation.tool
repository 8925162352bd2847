#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: CommandLineTool

requirements:
  DockerRequirement:
    dockerPull: docker.io/reanahub/reana-env-jupyter:3.0.0

baseCommand: [papermill, --no-progress-bar]

arguments:
  - position: 2
    valueFrom: notebook-as-run.ipynb
  - {position: 3, prefix: -p, valueFrom: input_file}
  - {position: 5, prefix: -p, valueFrom: output_file}
  - {position: 7, prefix: -p, valueFrom: region}
  - {position: 9, prefix: -p, valueFrom: year_min}
  - {position: 11, prefix: -p, valueFrom: year_max}

inputs:
  notebook:
    type: File
    inputBinding: {position: 1}
  input_file:
    type: File
    inputBinding: {position: 4}
  output_file:
    type: string
    inputBinding: {position: 6}
  region:
    type: string
    inputBinding: {position: 8}
  year_min:
    type: int
    inputBinding: {position: 10}
  year_max:
    type: int
    inputBinding: {position: 12}

outputs:
  plot:
    type: File
    outputBinding:
      glob: $(inputs.output_file)
  numbers:
    type: File
    outputBinding:
      glob: population.json
