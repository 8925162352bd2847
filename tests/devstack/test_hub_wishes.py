"""What the hub refuses, whatever is posted to it: sizes and names that it does not offer."""

from typing import Any

import pytest

from devstack.hub import options, starter, wishes
from devstack.hub.offer import HubOffer, offered

OFFER = HubOffer(cpus=("1", "2"), memories=("2", "4.5"), gpus=("A100",))


def test_the_hub_offers_what_its_own_entry_says() -> None:
    assert offered().cpus == ("1", "2")
    assert offered().memories == ("2", "4")


def test_what_is_offered_is_taken() -> None:
    found = wishes.read({"cpu": "2", "memory": "4.5", "gpu": "A100", "basket": 7}, OFFER)
    assert found == wishes.Wishes(cpu=2.0, memory=4.5, gpu="A100", basket=7)
    assert found.memory_bytes == int(4.5 * 2**30)


@pytest.mark.parametrize(
    "posted",
    [{"cpu": "99"}, {"cpu": 2}, {"cpu": ["2"]}, {"cpu": "2 "}, {"cpu": None}, {"memory": "64"}, {"memory": -1}, {"memory": {"a": 1}},
     {"gpu": "H100"}, {"basket": "7"}, {"basket": True}, {"basket": 0}, {"basket": -1}, {"basket": 2**63}, {"basket": "import os"}],
)  # fmt: skip
def test_what_is_not_offered_is_refused(posted: dict[str, Any]) -> None:
    with pytest.raises(wishes.WishError):
        wishes.read(posted, OFFER)
    with pytest.raises(options.OptionsError):
        options.read({"project": "p", **posted}, "p")


@pytest.mark.parametrize(
    "posted", [{"image": "evil"}, {"env": {"A": "b"}}, {"mounts": ["/"]}, {"cmd": ["sh"]}, {"profile": "x"}, {"kubespawner_override": {}}]
)
def test_no_image_variable_or_mount_passes(posted: dict[str, Any]) -> None:
    with pytest.raises(options.OptionsError, match="The only options are"):
        options.read({"project": "p", **posted}, "p")


@pytest.mark.parametrize(
    ("server", "project", "is_fine"),
    [
        ("p", "p", True),
        ("p-2", "p", True),
        ("p-2", "p-2", True),
        ("q", "p", False),
        ("p-a-b", "p", False),
        ("p", "../x", False),
        ("p", 7, False),
    ],
)
def test_a_server_belongs_to_its_project(server: str, project: Any, is_fine: bool) -> None:
    if is_fine:
        found = options.read({"project": project}, server)
        assert found
        assert found.project == project
        return
    with pytest.raises(options.OptionsError):
        options.read({"project": project}, server)


@pytest.mark.parametrize("further", ["S:n", [{"did": "S:n"}], [{"did": "n", "type": "FILE"}], [{"did": "S:n", "type": "FILE"}] * 21])
def test_forged_data_are_refused(further: Any) -> None:
    with pytest.raises(options.OptionsError):
        options.read({"project": "p", "further": further}, "p")


def test_a_basket_and_each_of_the_data_get_a_notebook(tmp_path: Any) -> None:
    data = [{"did": f"S:{name}", "type": "FILE"} for name in ("a", "b")]
    found = options.read({"project": "p", "basket": 12, "chosen": data[0], "further": data[1:]}, "p")
    assert found
    first = starter.write(tmp_path, found)
    assert first.startswith("a-")
    text = (tmp_path / "basket-12.ipynb").read_text()
    assert "import vre" in text
    assert "basket = vre.basket(12)" in text
    assert sorted(path.name[:2] for path in tmp_path.glob("*.ipynb")) == ["a-", "b-", "ba", "st"]
    only = options.read({"project": "p", "basket": 12}, "p")
    assert only
    assert starter.write(tmp_path, only) == "basket-12.ipynb"
