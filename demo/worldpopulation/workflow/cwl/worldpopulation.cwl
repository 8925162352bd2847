#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: Workflow

inputs:
  notebook: File
  input_file: File
  output_file:
    type: string
    default: plot.png
  region: string
  year_min: int
  year_max: int

outputs:
  plot:
    type: File
    outputSource: worldpopulation/plot
  numbers:
    type: File
    outputSource: worldpopulation/numbers

steps:
  worldpopulation:
    run: worldpopulation.tool
    hints:
      reana:
        kubernetes_memory_limit: 1Gi
    in:
      notebook: notebook
      input_file: input_file
      output_file: output_file
      region: region
      year_min: year_min
      year_max: year_max
    out: [plot, numbers]

$namespaces:
  reana: https://www.reana.io
