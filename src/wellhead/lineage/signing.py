"""Ed25519 keys, and facts signed with them.

A private key makes signatures; the public one, which may be given to anybody, checks them. Who can
write to the store and holds the private key can still sign another history: that is found by
whoever kept an earlier head elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellhead._atomic import write_text
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.lineage.canonical import canonical, digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

__all__ = ["key_id", "new_key", "private_key", "public_key", "require_signed", "signed"]

_MOST = 1 << 16


def _library() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise MissingExtra("signing", "lineage") from error
    return serialization


def new_key(path: Path) -> Path:
    """Make a private key at `path`, for its owner's eyes only, and `path`.pub beside it.

    Raises:
        BadSetting: a file of that name is there; keys are never overwritten.
    """
    library = _library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_name(f"{path.name}.pub")
    if path.exists() or public.exists():
        raise BadSetting(f"{path}: expected a new name for a key, and there is a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    write_private(path, key, library)
    write_text(public, public_pem(key))
    return public


def write_private(path: Path, key: Any, library: Any) -> None:
    """A private key as PEM, readable by nobody else from its first moment."""
    data = key.private_bytes(
        library.Encoding.PEM, library.PrivateFormat.PKCS8, library.NoEncryption()
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def public_pem(key: Any) -> str:
    """The public part of a private key as PEM."""
    library = _library()
    data: bytes = key.public_key().public_bytes(
        library.Encoding.PEM, library.PublicFormat.SubjectPublicKeyInfo
    )
    return data.decode("ascii")


def private_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file.

    Raises:
        BadInput: it holds none.
    """
    library = _library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with contextlib.suppress(ValueError, TypeError):
        key = library.load_pem_private_key(_small(path), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    raise BadInput(
        f"{path}: expected an Ed25519 private key (PEM, without a password). Make one with: "
        "wellhead lineage sign --new-key FILE"
    )


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file.

    Raises:
        BadInput: it holds none.
    """
    library = _library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    with contextlib.suppress(ValueError, TypeError):
        key = library.load_pem_public_key(_small(path))
        if isinstance(key, Ed25519PublicKey):
            return key
    raise BadInput(f"{path}: expected an Ed25519 public key (PEM), the file that ends in .pub.")


def _small(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_MOST)


def key_id(key: Ed25519PublicKey) -> str:
    """What a key is called: the SHA-256 of its DER form."""
    library = _library()
    return digest(key.public_bytes(library.Encoding.DER, library.PublicFormat.SubjectPublicKeyInfo))


def signed(facts: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The facts, with the id of the key and a signature over their canonical JSON."""
    whole = {**facts, "key": key_id(key.public_key())}
    signature = base64.b64encode(key.sign(canonical(whole))).decode("ascii")
    return {**whole, "signature": signature}


def require_signed(found: Mapping[str, Any], key: Ed25519PublicKey, what: str) -> dict[str, Any]:
    """The facts that were signed.

    Raises:
        BadInput: the signature is not this key's, or not over these facts.
    """
    from cryptography.exceptions import InvalidSignature

    whole = {name: value for name, value in found.items() if name != "signature"}
    try:
        signature = base64.b64decode(str(found.get("signature", "")), validate=True)
        key.verify(signature, canonical(whole))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise BadInput(
            f"{what}: the signature does not verify: it was altered, or another key signed it "
            f"(this one is {key_id(key)[:12]}, it names {str(found.get('key', 'none'))[:12]})."
        ) from error
    return whole
