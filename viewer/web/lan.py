"""What a headset in the same room needs: an address, a certificate, a code for its camera."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vr360.errors import InputError

_ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: leads nowhere; a datagram socket sends nothing on connect
_VALID = timedelta(days=7)


def own_address() -> str:
    """The address of this machine in its network.

    Raises:
        InputError: it is in none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            raise InputError("--lan: this machine is in no network") from None
        return str(asking.getsockname()[0])


def write_certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """A certificate that this machine signs for itself, and its key; both in PEM.

    Browsers compare the address with `subjectAltName` alone (RFC 6125), and want it short-lived.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _builder(address, key).sign(key, hashes.SHA256())
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[1].touch(mode=0o600)
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def qr_code(text: str) -> str:
    """A QR code in half-block characters."""
    out = StringIO()
    segno.make(text, error="m").terminal(out, compact=True)
    return out.getvalue()


def _builder(address: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vr360 serve")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + _VALID)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    return builder.add_extension(names, False).add_extension(use, False)
