"""The secret of a study, and the keys drawn from it.

One random secret lies in a file of its own beside the study (mode 0600) or in the environment
variable ``WELLHEAD_COLLECT_KEY``; it never enters the database, so that whoever edits the
database cannot forge a receipt. Each purpose and each study gets its own key,
HMAC-SHA256(secret, purpose ‖ study), so that the key given to browsers for paste hashes says
nothing about pseudonyms or receipts.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wellhead.errors import BadSetting

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["ENVIRONMENT", "Keys", "load_keys", "new_secret"]

ENVIRONMENT = "WELLHEAD_COLLECT_KEY"
_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """Keys for one study, each for one purpose.

    >>> keys = Keys(bytes(32), "demo")
    >>> keys.receipts == keys.pastes, len(keys.receipts)
    (False, 32)
    """

    secret: bytes
    study: str

    def _derive(self, purpose: str) -> bytes:
        label = f"wellhead collect v1\0{purpose}\0{self.study}"
        return hmac.digest(self.secret, label.encode(), "sha256")

    @property
    def receipts(self) -> bytes:
        """Signs the receipts of the chain."""
        return self._derive("receipts")

    @property
    def pastes(self) -> bytes:
        """Given to the recorder: equal pastes get equal hashes within the study only."""
        return self._derive("pastes")

    @property
    def heads(self) -> bytes:
        """Checks files of heads from before 0.2, which carry an HMAC; signs nothing any more."""
        return self._derive("heads")

    @property
    def signing(self) -> Ed25519PrivateKey:
        """Signs heads; its public part may be given to anybody, who can then check them."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._derive("signing"))

    @property
    def tickets(self) -> bytes:
        """Signs what stands for a checked entry."""
        return self._derive("tickets")

    def pseudonym(self, platform: str, worker: str) -> str:
        """A stable name for a worker that does not lead back to the platform's id."""
        key = self._derive("pseudonyms")
        return hmac.new(key, f"{platform}|{worker}".encode(), hashlib.sha256).hexdigest()[:24]

    def address(self, ip: str) -> str:
        """A short-lived stand-in for an internet address, for rate limits only."""
        key = self._derive("addresses")
        return hmac.new(key, ip.encode(), hashlib.sha256).hexdigest()[:24]


def new_secret(path: Path) -> None:
    """Write a fresh secret that only its owner may read; an existing file is never replaced.

    Raises:
        BadSetting: there is a secret already.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadSetting(f"{path} exists already; its receipts would no longer verify.") from error
    with os.fdopen(handle, "w") as stream:
        stream.write(secrets.token_hex(_BYTES) + "\n")


def load_keys(path: Path, study: str) -> Keys:
    """The keys of `study` from the environment or, without that, from the file at `path`.

    Raises:
        BadSetting: there is no secret, or it is not 64 random hex digits.
    """
    found = os.environ.get(ENVIRONMENT)
    if found is None:
        try:
            found = path.read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"the study's secret is missing: expected {path} or {ENVIRONMENT}. "
                "`wellhead collect new` makes one; keep it with your backups."
            ) from error
    try:
        secret = bytes.fromhex(found.strip())
    except ValueError:
        secret = b""
    if len(secret) != _BYTES or len(set(secret)) < 8:
        raise BadSetting(f"the study's secret must be {2 * _BYTES} random hex digits.")
    return Keys(secret, study)
