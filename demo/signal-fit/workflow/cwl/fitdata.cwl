cwlVersion: v1.0
class: CommandLineTool

requirements:
  DockerRequirement:
    dockerPull: ghcr.io/vre-demo/analysis:1.0

baseCommand: python

inputs:
  tool:
    type: File
    inputBinding: {position: 0}
  data:
    type: File[]
    inputBinding: {position: 1, prefix: --data}
  results:
    type: string
    default: .
    inputBinding: {position: 2, prefix: --results}

outputs:
  fit:
    type: File
    outputBinding: {glob: fit.json}
  parameters:
    type: File
    outputBinding: {glob: parameters.csv}
  curves:
    type: File
    outputBinding: {glob: curves.csv}
