#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: CommandLineTool

requirements:
  DockerRequirement:
    dockerPull: docker.io/library/python:3.13-slim

baseCommand: python

inputs:
  helloworld:
    type: File
    inputBinding:
      position: 0
  inputfile:
    type: File
    inputBinding:
      position: 1
      prefix: --inputfile
  sleeptime:
    type: int
    inputBinding:
      position: 2
      prefix: --sleeptime
  outputfile:
    type: string
    default: greetings.txt
    inputBinding:
      position: 3
      prefix: --outputfile

outputs:
  greetings:
    type: File
    outputBinding:
      glob: greetings.txt
  numbers:
    type: File
    outputBinding:
      glob: greetings.json
