#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: Workflow

inputs:
  helloworld: File
  inputfile: File
  sleeptime:
    type: int
    default: 0

outputs:
  greetings:
    type: File
    outputSource: greet/greetings
  numbers:
    type: File
    outputSource: greet/numbers

steps:
  greet:
    run: helloworld.tool
    in:
      helloworld: helloworld
      inputfile: inputfile
      sleeptime: sleeptime
    out: [greetings, numbers]
