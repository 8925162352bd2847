"""A directed graph of steps, laid out in layers for a drawing on the server; steps of one name that stand side by side become one."""

from vre_portal.graph.groups import groups
from vre_portal.graph.layered import Graph, PlacedEdge, PlacedStep, layout
from vre_portal.graph.steps import GraphStep

__all__ = ["Graph", "GraphStep", "PlacedEdge", "PlacedStep", "groups", "layout"]
