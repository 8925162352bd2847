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
  events:
    type: int
    inputBinding: {position: 1, prefix: --events}
  seed:
    type: int
    inputBinding: {position: 2, prefix: --seed}
  output:
    type: string
    default: data.root
    inputBinding: {position: 3, prefix: --output}

outputs:
  data:
    type: File
    outputBinding:
      glob: $(inputs.output)
