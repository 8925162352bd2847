"""Images are found by their names however these are written; a word in brackets says more closely which one."""

import pytest

from projects.onboarding.matching import Certainty, Match
from projects.onboarding.matching.images import named_images


def certainty_of(typed: str, known: str) -> Certainty | None:
    found = named_images(typed, [Match(known, "Listed.")])
    return found[0].certainty if found else None


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("PyTorch (GPU)", "tensorflow/tensorflow:2.15.0-gpu"),
        ("CTLearn v0.10.3 (GPU)", "tensorflow/tensorflow:2.15.0-gpu"),
        ("Jupyter (notebook)", "jupyter/scipy-notebook"),
        ("PyTorch [GPU]", "pytorch/pytorch:2.1-cpu"),
        ("GPU", "tensorflow/tensorflow:2.15.0-gpu"),
        ("notebook:latest", "jupyter/scipy-notebook:latest"),
        ("MPI or CUDA", "example/openfoam:11-mpi"),
        ("()", "gammapy:1.2"),
        ("docker://", "gammapy:1.2"),
    ],
)
def test_a_word_in_brackets_or_a_generic_one_alone_names_no_image(typed: str, known: str) -> None:
    assert certainty_of(typed, known) is None


@pytest.mark.parametrize(
    ("typed", "known", "certainty"),
    [
        ("tensorflow (GPU)", "tensorflow/tensorflow:2.15.0-gpu", Certainty.CONFIRMED),
        ("TensorFlow 2.15.0 (GPU)", "tensorflow/tensorflow:2.15.0-gpu", Certainty.CONFIRMED),
        ("TensorFlow 2.16 (GPU)", "tensorflow/tensorflow:2.15.0-gpu", Certainty.UNSTATED),
        ("DP3 (v6.0)", "example/dp3:5.4", Certainty.UNSTATED),
        ("gammapy 1.2", "gammapy:2.1", Certainty.UNSTATED),
        ("gammapy[all]", "gammapy:1.2", Certainty.CONFIRMED),
        ("LINC or Prefactor", "example/prefactor:3", Certainty.CONFIRMED),
    ],
)
def test_all_words_are_wanted_and_another_version_is_to_be_clarified(typed: str, known: str, certainty: Certainty) -> None:
    assert certainty_of(typed, known) is certainty


WRITTEN = (
    "gammapy/gammapy:1.2", "docker://gammapy/gammapy:1.2", "docker.io/gammapy/gammapy:1.2", "docker://docker.io/gammapy/gammapy:1.2",
    "index.docker.io/gammapy/gammapy:1.2", "gammapy/gammapy:1.2@sha256:0f3a",
)  # fmt: skip


@pytest.mark.parametrize("known", WRITTEN)
@pytest.mark.parametrize("typed", [*WRITTEN, "gammapy:1.2", "gammapy 1.2", "Gammapy"])
def test_an_image_is_the_same_however_its_name_is_written(typed: str, known: str) -> None:
    assert certainty_of(typed, known) is Certainty.CONFIRMED


@pytest.mark.parametrize(
    ("typed", "known", "certainty"),
    [
        ("docker.io/library/python:3.13", "python:3.13", Certainty.CONFIRMED),
        ("python:3.13", "docker.io/library/python:3.13", Certainty.CONFIRMED),
        ("jupyter/scipy-notebook:2024", "quay.io/jupyter/scipy-notebook:2024", Certainty.CONFIRMED),
        ("docker://gammapy/gammapy:1.3", "gammapy/gammapy:1.2", Certainty.UNSTATED),
        ("gammapy/gammapy@sha256:0f3a", "gammapy/gammapy@sha256:0f3a", Certainty.CONFIRMED),
        ("gammapy/gammapy@sha256:0f3a", "gammapy/gammapy@sha256:ffff", Certainty.UNSTATED),
        ("docker://else/gammapy:1.2", "gammapy/gammapy:1.2", None),
    ],
)
def test_registries_folders_and_digests_count_as_far_as_they_are_said(typed: str, known: str, certainty: Certainty | None) -> None:
    assert certainty_of(typed, known) is certainty
