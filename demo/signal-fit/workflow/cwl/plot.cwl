cwlVersion: v1.0
class: CommandLineTool

requirements:
  DockerRequirement:
    dockerPull: ghcr.io/vre-demo/plotting:1.0

baseCommand: python

inputs:
  tool:
    type: File
    inputBinding: {position: 0}
  curves:
    type: File
    inputBinding: {position: 1, prefix: --curves}
  output:
    type: string
    default: plot.png
    inputBinding: {position: 2, prefix: --plot}

outputs:
  plot:
    type: File
    outputBinding:
      glob: $(inputs.output)
