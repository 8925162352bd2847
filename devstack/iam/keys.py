"""The key that signs tokens, and a hash for secrets that are random and long."""

import hashlib
import os
from typing import Any, override

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.hashers import BasePasswordHasher, PBKDF2PasswordHasher
from django.utils.crypto import constant_time_compare

from devstack.address import state_dir


def signing_key() -> str:
    """The RSA private key of this stack as PEM, made on first use and readable by its owner only."""
    file = state_dir("iam") / "signing-key.pem"
    if not file.exists():
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(pem)
    return file.read_text()


class PublicPasswordHasher(PBKDF2PasswordHasher):
    """For passwords that everybody knows: stretching (0.3 s a sign-in) would protect nothing."""

    algorithm = "public_password"
    iterations = 1


class RandomSecretHasher(BasePasswordHasher):
    """One SHA-256 for client secrets: 288 random bits cannot be guessed, so stretching (0.3 s a call) buys nothing."""

    algorithm = "random_secret"

    @override
    def encode(self, password: str, salt: str) -> str:
        return f"{self.algorithm}$1${salt}${hashlib.sha256(f'{salt}{password}'.encode()).hexdigest()}"

    @override
    def verify(self, password: str, encoded: str) -> bool:
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    @override
    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, _rounds, salt, digest = encoded.split("$", 3)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    @override
    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        return {"algorithm": self.algorithm}

    @override
    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: there are no rounds."""
