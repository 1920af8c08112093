"""Public keys that certificates are verified with: those of a file, or this machine's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crypto_shredding import public_keys_in
from service import certification
from service.cli.failures import BadInput
from service.settings import Settings

PUBLIC_KEY_BYTES_MAX = 64 * 1024  # a file of public keys has a few lines

PublicKey = Annotated[
    Path | None,
    typer.Option(
        "--public-key",
        help="The issuer's public key (PEM), which came another way than the certificates.",
        show_default="that of this machine's installation",
        exists=True,
        dir_okay=False,
    ),
]


def trusted(file: Path | None) -> list[bytes]:
    """The public keys to verify against. Raises BadInput."""
    if file is None:
        own = certification.own_public_key(Settings.read())
        if own is None:
            raise BadInput("this machine has no signing key of its own; give the issuer's with --public-key")
        return [own]
    with file.open("rb") as opened:
        found = public_keys_in(opened.read(PUBLIC_KEY_BYTES_MAX).decode("utf-8", "replace"))
    if not found:
        raise BadInput(f"{file} holds no Ed25519 public key (PEM, or 64 hexadecimal digits in a line)")
    return found
