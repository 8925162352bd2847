"""Baskets: pages as they are needed, odd answers, what a notebook shows, adding and removing."""

import json
from itertools import islice

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import NotFound, Portal, PortalUnavailable


def test_only_the_pages_that_are_used_are_read(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket(*[item(n) for n in range(3)], next=f"{server.url}/api/basket/7/?after=3"))
    server.says("/api/basket/7/", basket(*[item(n) for n in range(2, 5)], left_out=2))
    found = portal.basket()
    assert [entry.id for entry in islice(found, 3)] == [0, 1, 2]
    assert repr(found).startswith("<Basket “For the paper”: 3 or more items>")
    assert not server.asked("/api/basket/7/")
    assert [entry.id for entry in found] == [0, 1, 2, 3, 4]
    assert len(found) == 5
    assert (found[-1].id, [entry.id for entry in found[1:3]]) == (4, [1, 2])
    assert found.left_out == 2
    assert "2 more are not shown" in repr(found)
    assert len(server.asked("/api/basket/7/")) == 1


def test_it_is_found_by_name_and_by_number(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket())
    server.says("/api/basket/7/", basket())
    assert not portal.basket("2024 & more")
    portal.basket(7)
    assert [request.path for request in server.seen] == ["/api/basket/?limit=100&name=2024+%26+more", "/api/basket/7/?limit=100"]


@pytest.mark.parametrize("query", ["after=3&limit=100", "limit=100&after=3", "after=3&limit=100&", "after=3"])
def test_the_pages_after_the_first_are_long(server: UnkindServer, portal: Portal, query: str) -> None:
    server.says("/api/basket/", basket(item(3), next=f"{server.url}/api/basket/7/?{query}"))
    server.says("/api/basket/7/", basket(item(4)))
    assert len(portal.basket()) == 2
    assert [request.path.rstrip("&") for request in server.seen] == ["/api/basket/?limit=100", "/api/basket/7/?after=3"]


def test_another_address_and_endless_pages_are_not_followed(server: UnkindServer, elsewhere: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket(item(), next=f"{elsewhere.url}/api/basket/7/?after=1"))
    server.says("/api/basket/7/", basket(item(2)))
    assert [entry.id for entry in portal.basket()] == [1, 2]  # a portal that calls itself otherwise is asked where it was found
    assert server.seen[-1].path == "/api/basket/7/?after=1"
    assert not elsewhere.seen
    server.says("/api/basket/", basket(item(), next="/api/basket/"))
    with pytest.raises(PortalUnavailable, match="lead back to themselves"):
        list(portal.basket())


def test_what_has_another_shape_costs_only_itself(server: UnkindServer, portal: Portal) -> None:
    odd = {"id": "x", "kind": None, "title": ["a"], "bytes": -1, "lake": 5}
    server.says("/api/basket/", basket(odd, item(2), bytes=True) | {"items": [odd, "text", None, item(2)], "left_out": "many"})
    found = portal.basket()
    assert [(entry.id, entry.title, entry.bytes) for entry in found] == [(None, "", None), (2, "events.fits", None)]
    assert found.left_out == 0


def test_hostile_titles_are_text(server: UnkindServer, portal: Portal) -> None:
    hostile = '<img src=x onerror="alert(1)">\x1b[2J\u202e'
    server.says(
        "/api/basket/",
        basket(
            item(title=hostile, note="<b>", url='javascript:alert("1")'), item(2, title="t", url="https://x/?a=1&b='\"><i>"), name=hostile
        ),
    )
    found = portal.basket()
    for shown in (found._repr_html_(), repr(found), str(found[0])):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    page = found._repr_html_()
    assert "<img" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "javascript" not in page
    assert 'href="https://x/?a=1&amp;b=&#x27;&quot;&gt;&lt;i&gt;"' in page


def test_adding_and_removing(server: UnkindServer, portal: Portal) -> None:
    server.says("/api/basket/", basket(item(1)))
    server.says("POST /api/basket/7/items/", item(2, "b.fits"), 201)
    server.says("DELETE /api/basket/7/items/1/", b"", 204)
    found = portal.basket()
    added = found.add("did", "lake:scope:b.fits", note="second")
    assert json.loads(server.seen[-1].body) == {"kind": "did", "value": "lake:scope:b.fits", "note": "second"}
    found.add("did", "lake:scope:b.fits")
    found.remove(found[0])
    assert list(found) == [added]
    with pytest.raises(NotFound, match="No such thing"):
        found.remove(added)


def test_all_baskets(server: UnkindServer, portal: Portal) -> None:
    row = {"id": 7, "name": "For the paper", "items": 1200, "current": True, "project": None, "url": f"{server.url}/basket/7/"}
    server.says("/api/baskets/", {"items": [row, {**row, "id": 8, "current": False}], "next": None})
    server.says("/api/basket/8/", basket(id=8))
    first, second = portal.baskets()
    assert repr(first) == "<BasketSummary 7: “For the paper”, 1,200 items, current>"
    assert second.open().id == 8
