"""Environments: container images that notebooks and workflow steps run in, each with its versions, packages and tests."""

from catalog.environments.models.environment import Environment, EnvironmentQuerySet
from catalog.environments.models.packages import Package, PackageList
from catalog.environments.models.test import EnvironmentTest
from catalog.environments.models.version import EnvironmentVersion

__all__ = ["Environment", "EnvironmentQuerySet", "EnvironmentTest", "EnvironmentVersion", "Package", "PackageList"]
