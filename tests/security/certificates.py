"""An authority of the test's own, and certificates of it that a client must not take."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FLAWS = ("signed by itself", "another host", "run out", "not yet begun")
PEM, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def authority(folder: Path) -> tuple[Path, ec.EllipticCurvePrivateKey]:
    """What the configuration would name as `options.ca`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(named("Test CA")).issuer_name(named("Test CA")).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
    (folder / "ca.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(PEM))
    return folder / "ca.pem", key


def serving_with(folder: Path, flaw: str, signer: ec.EllipticCurvePrivateKey) -> SSLContext:
    """What a server with a certificate of this flaw presents; no flaw where the text is empty."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    begins = now + timedelta(hours=1) if flaw == "not yet begun" else now - timedelta(days=300)
    ends = now - timedelta(hours=1) if flaw == "run out" else now + timedelta(hours=20)
    alone = flaw == "signed by itself"
    where = x509.DNSName("other.example") if flaw == "another host" else x509.IPAddress(ip_address("127.0.0.1"))
    made = x509.CertificateBuilder().subject_name(named("127.0.0.1")).issuer_name(named("127.0.0.1" if alone else "Test CA"))
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    made = made.add_extension(x509.SubjectAlternativeName([where]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key((key if alone else signer).public_key())
    made = made.add_extension(issuer, critical=False)
    (folder / "server.pem").write_bytes(made.sign(key if alone else signer, hashes.SHA256()).public_bytes(PEM))
    (folder / "server.key").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context
