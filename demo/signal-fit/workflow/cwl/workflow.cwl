#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: Workflow

requirements:
  ScatterFeatureRequirement: {}

inputs:
  events: int
  seeds: int[]
  gendata_tool: File
  fitdata_tool: File
  plot_tool: File

outputs:
  fit:
    type: File
    outputSource: fitdata/fit
  parameters:
    type: File
    outputSource: fitdata/parameters
  figure:
    type: File
    outputSource: plot/plot

steps:
  gendata:
    run: gendata.cwl
    scatter: seed
    hints:
      reana:
        kubernetes_memory_limit: 1Gi
    in:
      tool: gendata_tool
      events: events
      seed: seeds
    out: [data]
  fitdata:
    run: fitdata.cwl
    hints:
      reana:
        kubernetes_memory_limit: 1Gi
    in:
      tool: fitdata_tool
      data: gendata/data
    out: [fit, parameters, curves]
  plot:
    run: plot.cwl
    in:
      tool: plot_tool
      curves: fitdata/curves
    out: [plot]

$namespaces:
  reana: https://www.reana.io
