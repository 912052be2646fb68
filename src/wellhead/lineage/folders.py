"""Signatures over whole folders, by OpenSSF model-signing with a key and without any network.

Its keys lie on the curve P-256; the Ed25519 keys that sign heads are another kind. Every file
counts, hidden ones and those of version control included.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from wellhead._atomic import atomic_path, write_text
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.lineage.signing import public_pem, write_private

__all__ = ["new_folder_key", "require_folder", "sign_folder"]


_TOLD = {
    "changed": re.compile(r"Hash mismatch for \\*'(.*?)\\*':"),
    "added": re.compile(r"Extra files found in model '.*?': (.*?)\""),
    "missing": re.compile(r"Missing files in model '.*?': (.*?)\""),
}


def _library() -> Any:
    try:
        import model_signing
    except ImportError as error:
        raise MissingExtra("signing a folder", "lineage") from error
    return model_signing


def new_folder_key(path: Path) -> Path:
    """Make a P-256 key at `path`, and `path`.pub beside it.

    Raises:
        BadSetting: a file of that name is there.
    """
    _library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    public = path.with_name(f"{path.name}.pub")
    if path.exists() or public.exists():
        raise BadSetting(f"{path}: expected a new name for a key, and there is a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    write_private(path, key, serialization)
    write_text(public, public_pem(key))
    return public


def _outside(folder: Path, signature: Path) -> None:
    if not folder.is_dir():
        raise BadInput(f"{folder}: expected a folder.")
    if folder.resolve() in signature.resolve().parents:
        raise BadSetting(f"{signature}: expected a place outside {folder}, which it signs.")


def _hashing(library: Any) -> Any:
    return library.hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=False)


def sign_folder(folder: Path, key: Path, signature: Path) -> None:
    """Sign every file in a folder.

    Raises:
        BadSetting: the signature would lie in the folder.
        BadInput: the key is of another kind, or the folder cannot be read.
    """
    library = _library()
    _outside(folder, signature)
    _require_kind(key, private=True)
    if link := next((path for path in sorted(folder.rglob("*")) if path.is_symlink()), None):
        raise BadInput(
            f"{link}: expected files and folders, got a link, which can lead to anything tomorrow. "
            "Put what it leads to in its place."
        )
    config = library.signing.Config().set_hashing_config(_hashing(library))
    try:
        config.use_elliptic_key_signer(private_key=key)
        with atomic_path(signature) as temporary:
            config.sign(folder, temporary)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{folder} cannot be signed with {key}: {error}. Expected a readable folder that is "
            "not empty."
        ) from error


def require_folder(folder: Path, key: Path, signature: Path) -> None:
    """Check a folder against its signature.

    Raises:
        BadInput: a file changed, is missing or was added, or the key is not the signer's.
    """
    library = _library()
    _outside(folder, signature)
    _require_kind(key, private=False)
    config = library.verifying.Config().set_hashing_config(_hashing(library))
    try:
        config.use_elliptic_key_verifier(public_key=key)
        config.verify(folder, signature)
    except OSError:
        raise
    except Exception as error:
        # The library lets errors of cryptography, protobuf and JSON through.
        raise BadInput(f"{folder} is not what was signed: {_what(error)}") from error


def _what(error: Exception) -> str:
    """The files that changed, were added or are missing, where the library names them."""
    said = str(error) or type(error).__name__
    found = {what: told.findall(said)[:10] for what, told in _TOLD.items()}
    return "; ".join(f"{', '.join(names)} {what}" for what, names in found.items() if names) or said


def _require_kind(key: Path, *, private: bool) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    data, found = key.read_bytes(), None
    with contextlib.suppress(ValueError, TypeError):
        found = (
            serialization.load_pem_private_key(data, password=None)
            if private
            else serialization.load_pem_public_key(data)
        )
    if not isinstance(found, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        raise BadInput(
            f"{key}: expected {'a private' if private else 'a public'} P-256 key (PEM); Ed25519 "
            "keys sign heads. Make one with: wellhead lineage sign --folder FOLDER --new-key FILE"
        )
