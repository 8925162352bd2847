"""Values that a claim, a field or a whole answer of an IAM should never have, and that some server will send one day."""

import json
from typing import Any

from tests.iam.issuer import GONE


def nested(depth: int, *, as_list: bool) -> Any:
    """Lists or objects in each other."""
    value: Any = "x"
    for _ in range(depth):
        value = [value] if as_list else {"a": value}
    return value


NUMBERS: list[Any] = [
    0, 1, -1, 2**31, 2**53, 2**63, 2**64, 10**12, 10**18, 10**30, 10**400, -(10**400), 0.5, -0.5, 1e300, 1e308, -1e308,
    float("nan"), float("inf"), float("-inf"),
]  # fmt: skip
TEXTS: list[str] = [
    "", " ", "  \n ", "3600", "-1", "1e9", "NaN", "null", "true", "x", "x" * 255, "x" * 256, "x" * 3000, "x" * 300_000,
    "ä", "ä" * 255, "日本", "\N{GRINNING FACE}", "\0", "a\0b", "\0" * 300, "a\nb", "a\r\nX-Evil: 1", "a\tb", "\x7f", "\x1b[31m", "\x85",
    "\ud800", "a\udfffb", "\u202eexe.txt", "\u2028", "\ufeff", "a/b", "/", "//", "..", "../../etc/passwd", "%00", "%ed%a0%80", "'; DROP TABLE x; --",
    '"', "\\", "<script>alert(1)</script>", "{{ 7 * 7 }}", "{% now %}", "%s", "%(x)s", "${HOME}", "a b", "a,b", "a:b", "urn:x:group:y",
    "http://", "http://[", "http://[::1", "https://evil.example/", "http://evil.example:99999/", "http://127.0.0.1:1/x", "javascript:alert(1)",
    "data:text/html,x", "//evil.example/", "http://a b/", "http://a\0b/", "http://user:pass@127.0.0.1/", "file:///etc/passwd", "ftp://x/",
]  # fmt: skip
OTHERS: list[Any] = [
    None, True, False, [], {}, [[]], [None], [0], ["x"], ["x", "y"], [{}], {"x": 1}, {"": ""}, {"keys": 5}, ["\0"], [{"value": "\0"}],
    [10**400], list(range(10_000)), [f"g{number}" for number in range(10_000)], ["x" * 10_000], nested(50, as_list=True),
    nested(400, as_list=False), GONE,
]  # fmt: skip
FEW: list[Any] = [10**400, "", "\0", "http://[", [], {"x": 1}, GONE]
VALUES = [*NUMBERS, *TEXTS, *OTHERS]

BODIES: list[tuple[int, bytes]] = [
    *((status, b"") for status in (200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 410, 418, 422, 429, 500, 502, 503, 599)),
    *(
        (200, body)
        for body in (
            b"<!doctype html><title>Sign in to the hotel's network</title>", b"null", b"5", b"true", b'"x"', b"[]", b"[{}]", b"{}",
            b'{"a":', b"\xff\xfe", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"\0", b"{" * 100_000, b"[" * 100_000, b'{"a":' * 100_000,
            b"[" * 50_000 + b"]" * 50_000, b'{"sub": 1e999}', b'{"sub": ' + b"9" * 5000 + b"}", b'{"sub": "a", "sub": "b"}', b'{"\\u0000": "\\ud800"}',
            b"x" * (9 * 1024 * 1024), json.dumps({"error": "server_error", "error_description": "<b>\0</b>"}).encode(),
        )
    ),
    *((status, json.dumps({"error": value}).encode()) for status in (400, 401) for value in ("invalid_grant", "\0", 5, None, ["x"], {"a": 1}, "x" * 5000)),
]  # fmt: skip


def shown(value: object) -> str:
    """For messages of tests."""
    text = "left out" if value is GONE else ascii(value)
    return text if len(text) < 60 else f"{text[:50]}... ({len(text)})"
