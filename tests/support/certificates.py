"""Certificates for servers on loopback. Each is its own authority."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """Files in PEM."""

    cert: Path
    key: Path


def loopback_certificate(folder: Path, name: str = "server") -> Certificate:
    """For 127.0.0.1, good for a day."""
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*made, *names, "-keyout", str(files.key), "-out", str(files.cert)]
    subprocess.run(command, check=True, capture_output=True)
    return files
