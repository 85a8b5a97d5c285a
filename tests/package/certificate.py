"""A certificate of our own for the addresses of a storage account."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of a certificate that signed itself, and of its key."""

    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path, *hosts: str) -> Self:
        """Make one for these names and 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "storage of the tests")])
        now = datetime.now(UTC)
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([*map(x509.DNSName, hosts), loopback])
        built = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - _LIFE, now + _LIFE)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        files = cls(folder / "certificate.pem", folder / "key.pem")
        files.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        files.key.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
        return files
