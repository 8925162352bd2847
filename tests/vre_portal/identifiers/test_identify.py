"""What pasted texts name: real spellings of each kind, odd ones, and those that are nothing."""

import pytest

from vre_portal.identifiers import IdentifierKind, NotAnIdentifier, cleaned, identify
from vre_portal.identifiers.kinds import MAX_CHARS
from vre_portal.vocabularies.orcid import check_digit

DIGEST = "sha256:" + "0123456789abcdef" * 4
SPELLINGS = {
    "doi": {
        "10.5281/zenodo.8220722": "10.5281/zenodo.8220722",
        "doi:10.1051/0004-6361/201936010": "10.1051/0004-6361/201936010",
        "DOI: 10.1038/nature12373": "10.1038/nature12373",
        "doi 10.1038/nature12373": "10.1038/nature12373",
        "https://doi.org/10.1103/PhysRevLett.116.061102": "10.1103/physrevlett.116.061102",
        "http://dx.doi.org/10.3847/1538-4357/aa91c9": "10.3847/1538-4357/aa91c9",
        "https://doi.org/10.1051%2F0004-6361%2F201936010": "10.1051/0004-6361/201936010",
        "doi.org/10.5281/zenodo.4701488": "10.5281/zenodo.4701488",
        "https://www.doi.org/10.1088/1361-6382/ab1a14": "10.1088/1361-6382/ab1a14",
        "info:doi/10.1000/182": "10.1000/182",
        "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O": "10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",
        "(doi:10.1038/nature12373).": "10.1038/nature12373",
        "https://doi.org/10.1038/nature12373)": "10.1038/nature12373",
        "10.1000.10/123456": "10.1000.10/123456",
        "https://zenodo.org/records/8220722": "10.5281/zenodo.8220722",
        "https://zenodo.org/record/8220722#.YxyzAB": "10.5281/zenodo.8220722",
        "https://www.zenodo.org/records/8220722/files/data.zip?download=1": "10.5281/zenodo.8220722",
        "https://zenodo.org/api/records/8220722": "10.5281/zenodo.8220722",
        "https://zenodo.org/doi/10.5281/zenodo.8220721": "10.5281/zenodo.8220721",
        "https://zenodo.org/badge/DOI/10.5281/zenodo.4701488.svg": "10.5281/zenodo.4701488",
        "https://sandbox.zenodo.org/records/12": "10.5072/zenodo.12",
    },
    "arxiv": {
        "2101.01234": "2101.01234",
        "2101.01234v2": "2101.01234v2",
        "arXiv:2101.01234": "2101.01234",
        "ARXIV: 0704.0001": "0704.0001",
        "arXiv:1412.9999v1 [astro-ph.HE]": "1412.9999v1",
        "https://arxiv.org/abs/1501.00001": "1501.00001",
        "http://www.arxiv.org/pdf/2101.01234v3.pdf": "2101.01234v3",
        "https://export.arxiv.org/abs/astro-ph/0601001": "astro-ph/0601001",
        "arxiv.org/abs/2101.01234?context=hep-ex": "2101.01234",
        "astro-ph/0601001v1": "astro-ph/0601001v1",
        "hep-ex/9901001": "hep-ex/9901001",
        "math.GT/0309136": "math.GT/0309136",
        "https://doi.org/10.48550/arXiv.2101.01234": "2101.01234",
        "10.48550/arxiv.2101.01234": "2101.01234",
        "- arXiv:2101.01234,": "2101.01234",
    },
    "orcid": {
        "0000-0002-1825-0097": "0000-0002-1825-0097",
        "0000-0002-1694-233X": "0000-0002-1694-233X",
        "0000-0002-1694-233x": "0000-0002-1694-233X",
        "https://orcid.org/0000-0002-1825-0097": "0000-0002-1825-0097",
        "http://www.orcid.org/0000-0002-1825-0097/": "0000-0002-1825-0097",
        "orcid.org/0000-0002-1825-0097": "0000-0002-1825-0097",
        "ORCID: 0000-0002-1825-0097": "0000-0002-1825-0097",
        "orcid iD: 0000-0001-5109-3700": "0000-0001-5109-3700",
        "0000–0002–1825–0097": "0000-0002-1825-0097",
        "0000000218250097": "0000-0002-1825-0097",
        "\u200b0000-0002-1825-0097\ufeff": "0000-0002-1825-0097",
    },
    "git": {
        "https://github.com/gammapy/gammapy": "https://github.com/gammapy/gammapy",
        "https://github.com/gammapy/gammapy/": "https://github.com/gammapy/gammapy",
        "https://GitHub.com/gammapy/gammapy.git": "https://github.com/gammapy/gammapy",
        "git@github.com:gammapy/gammapy.git": "https://github.com/gammapy/gammapy",
        "ssh://git@github.com/gammapy/gammapy.git": "https://github.com/gammapy/gammapy",
        "git+https://github.com/x/y.git@v1.0#egg=y": "https://github.com/x/y",
        "https://github.com/gammapy/gammapy/tree/main/docs": "https://github.com/gammapy/gammapy",
        "https://gitlab.cern.ch/escape/wp2/rucio-configs": "https://gitlab.cern.ch/escape/wp2/rucio-configs",
        "https://gitlab.in2p3.fr/escape2020/virtual-environment/-/tree/main": "https://gitlab.in2p3.fr/escape2020/virtual-environment",
        "git@gitlab.com:group/sub/name.git": "https://gitlab.com/group/sub/name",
        "https://git.km3net.de/km3py/km3pipe": "https://git.km3net.de/km3py/km3pipe",
        "https://codeberg.org/owner/name": "https://codeberg.org/owner/name",
        "https://code.example/deep/er/name.git": "https://code.example/deep/er/name.git",
        "git://code.example:9418/name.git": "git://code.example:9418/name.git",
        "somebody@code.example:name.git": "somebody@code.example:name.git",
    },
    "image": {
        "docker://python:3.12": "python:3.12",
        "ghcr.io/gammapy/gammapy:1.2": "ghcr.io/gammapy/gammapy:1.2",
        "quay.io/podman/hello": "quay.io/podman/hello",
        "docker.io/library/python:3.12": "docker.io/library/python:3.12",
        "reanahub/reana-env-root6:6.18.04": "reanahub/reana-env-root6:6.18.04",
        "gitlab-registry.cern.ch/escape-wp2/docker-images/datalake": "gitlab-registry.cern.ch/escape-wp2/docker-images/datalake",
        f"ghcr.io/owner/name@{DIGEST}": f"ghcr.io/owner/name@{DIGEST}",
        f"python:3.12@{DIGEST}": f"python:3.12@{DIGEST}",
        "localhost:5000/name:tag": "localhost:5000/name:tag",
        "https://hub.docker.com/r/gammapy/gammapy/tags": "docker.io/gammapy/gammapy",
        "https://hub.docker.com/_/python": "docker.io/library/python",
    },
    "ivo": {
        "ivo://cds.vizier/i/239": "ivo://cds.vizier/i/239",
        "ivo://CDS.VizieR/I/239": "ivo://cds.vizier/i/239",
        "IVO://ned.ipac/tap": "ivo://ned.ipac/tap",
        "ivo://org.gavo.dc/~?katkat/katkat.rd": "ivo://org.gavo.dc/~?katkat/katkat.rd",
        "ivo://nasa.heasarc": "ivo://nasa.heasarc",
        "ivo://km3net.org/__system__/tap/run": "ivo://km3net.org/__system__/tap/run",
        "ivo://svo/ssap/CAB#Part": "ivo://svo/ssap/cab#Part",
        "<ivo://vopdc.obspm/imcce/skybot>": "ivo://vopdc.obspm/imcce/skybot",
        "ivo://au.csiro/casda": "ivo://au.csiro/casda",
        '"ivo://esavo/gaia/tap"': "ivo://esavo/gaia/tap",
    },
    "web": {
        "https://www.km3net.org": "https://www.km3net.org/",
        "http://example.org/a?b=c#d": "http://example.org/a?b=c#d",
        "HTTPS://Example.ORG/Path": "https://example.org/Path",
        "https://example.org:8443/x": "https://example.org:8443/x",
        "https://[2001:db8::1]/x": "https://[2001:db8::1]/x",
        "https://github.com/gammapy/gammapy/issues/3": "https://github.com/gammapy/gammapy/issues/3",
        "https://github.com/gammapy": "https://github.com/gammapy",
        "https://münchen.example/straße": "https://münchen.example/straße",
        "<https://example.org/x>": "https://example.org/x",
        "* https://example.org/x;": "https://example.org/x",
        "https://ui.adsabs.harvard.edu/abs/2021ApJ...918...12A": "https://ui.adsabs.harvard.edu/abs/2021ApJ...918...12A",
        "“https://example.org/x”": "https://example.org/x",
    },
}


@pytest.mark.parametrize(("kind", "text", "value"), [(kind, *pair) for kind, texts in SPELLINGS.items() for pair in texts.items()])
def test_every_spelling_of_a_thing_is_the_same_identifier(kind: str, text: str, value: str) -> None:
    identifier = identify(cleaned(text))
    assert identifier is not None
    assert (identifier.kind, identifier.value) == (IdentifierKind(kind), value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0000-0002-1825-0098", "check digit"),
        ("https://orcid.org/0000-0002-1825-009", "not an ORCID iD"),
        ("orcid: somebody", "not an ORCID iD"),
        ("arXiv:2113.01234", "not an arXiv number"),
        ("arXiv:1412.00001", "not an arXiv number"),
        ("arXiv:0703.0001", "not an arXiv number"),
        ("arXiv:1501.0001", "not an arXiv number"),
        ("https://arxiv.org/abs/nowhere/0601001", "not an arXiv number"),
        ("doi:11.1000/1", "not a DOI"),
        ("https://doi.org/", "not a DOI"),
        ("10.12/short", "not a DOI"),
        ("10.1000/", "not a DOI"),
        ("ivo:cds.vizier", "not a VO identifier"),
        ("ivo://x/y", "not a VO identifier"),
        (f"ghcr.io/owner/name@{DIGEST[:-1]}", "digest"),
        (f"python@{DIGEST[:-1]}g", "digest"),
        ("docker://Not An Image", "container image"),
        ("docker://UPPER/name", "container image"),
        ("https://somebody:secret@example.org/x", "password"),
        ("https://ghp_token@github.com/owner/name.git", "password"),
        ("https://example.org/x?token=abc", "secret"),
        ("https://zenodo.org/records/8220722?token=abc", "secret"),
        ("https://github.com/owner/name?access_token=abc", "secret"),
        ("example.org/x?sig=abc", "secret"),
        ("ftp://example.org/x", "ftp://"),
        ("file:///etc/passwd", "file://"),
        ("javascript://example.org/%0aalert(1)", "javascript://"),
        ("https://", "not a web address"),
        ("http://a b/", "not a web address"),
        ("http://[::1/x", "not a web address"),
        ("https://example.org:99999/x", "not a web address"),
        ("https://exa<mple.org/", "not a web address"),
        ("https://example.org\\@evil.example/", "not a web address"),
        ("www.km3net.org", "https://"),
        ("example.org/page", "https://"),
        ("https://example.org/\u202egnp.exe", "invisible"),
        ("https://example.org/\0", "invisible"),
        ("10.1000/\u200b1", "invisible"),
        ("https://example.org/" + "a" * MAX_CHARS, f"at most {MAX_CHARS}"),
    ],
)
def test_what_has_a_form_and_is_wrong_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(NotAnIdentifier, match=words):
        identify(cleaned(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("https://doi.org/10.1093/mnras/stt1655?utm_source=mail", "10.1093/mnras/stt1655"),
        ("https://doi.org/10.1093/mnras/stt1655#sec2", "10.1093/mnras/stt1655"),
        ("https://doi.org/10.1103/PhysRevLett.116.061102/", "10.1103/physrevlett.116.061102"),
        ("https://doi.org/10.1002/1096%28%3C%3E%3F%23", "10.1002/1096(<>?#"),
        ("doi: https://doi.org/10.1000/182", "10.1000/182"),
        ("urn:doi:10.1000/182", "10.1000/182"),
        ("10.1038/s41586\u2011020\u20112649\u20132", "10.1038/s41586-020-2649-2"),
        ("10.1577/1548-8659(1998)127&lt;0001:A&gt;2.0.CO;2", "10.1577/1548-8659(1998)127<0001:a>2.0.co;2"),
        ("arXiv 2101.01234", "2101.01234"),
        ("https://www.github.com/gammapy/gammapy", "https://github.com/gammapy/gammapy"),
        ("gitolite@git.example.org:group/name", "gitolite@git.example.org:group/name"),
        ("docker pull ghcr.io/owner/name:1", "ghcr.io/owner/name:1"),
    ],
)
def test_what_pages_and_papers_put_around_an_identifier_is_no_part_of_it(text: str, value: str) -> None:
    identifier = identify(cleaned(text))
    assert identifier is not None
    assert identifier.value == value


def test_an_image_in_capital_letters_is_not_called_a_web_address() -> None:
    with pytest.raises(NotAnIdentifier, match="small letters"):
        identify("ghcr.io/Owner/Name:1")


@pytest.mark.parametrize(
    "text",
    ["", "gammapy", "javascript:alert(1)", "data:text/html,x", "mailto:a@example.org", "aeff.fits", "python:3.12", "SCOPE:name", "1234567890123456",
     "12.5", "a sentence about nothing", "<script>alert(1)</script>", "' OR 1=1 --", "owner/name", "C:\\Users\\x", "../../etc/passwd", "💥",
     "swh:1:rev:309cf2674ee7a0749978cf8265ab91a60aea0f7d", "urn:isbn:0451450523", "10", "٠٠٠٠-٠٠٠٢-١٨٢٥-٠٠٩٧"],
)  # fmt: skip
def test_what_has_no_known_form_is_nothing(text: str) -> None:
    assert identify(cleaned(text)) is None


def test_a_secret_is_never_in_the_reason() -> None:
    with pytest.raises(NotAnIdentifier) as refused:
        identify("https://somebody:hunter2@example.org/x")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("digits", "check"), [("000000021825009", "7"), ("000000021694233", "X"), ("000000015109370", "0")])
def test_check_digits_are_those_of_real_ids(digits: str, check: str) -> None:
    assert check_digit(digits) == check


def test_long_hostile_texts_are_read_in_no_time() -> None:
    for text in ("a" * 600, "10.1000/" + "(" * 590, "a." * 300, "a-" * 300 + "/", "x@" * 300, "ivo://" + "a" * 590 + " ", "[" * 600):
        try:
            identify(cleaned(text))
        except NotAnIdentifier:
            continue
