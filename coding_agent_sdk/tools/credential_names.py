"""Names of files that hold credentials, by which they are left alone."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_MAX_ENTRIES: Final = 20_000

_NAME: Final = re.compile(
    r"""
    \.env(rc|\..*)? | .*\.env
    | \.?netrc | _netrc | \.pgpass | \.my\.cnf | \.npmrc | \.yarnrc(\.yml)? | \.pypirc
    | \.git-credentials | \.htpasswd | \.vault-token | \.boto | \.s3cfg | \.dockercfg
    | \.aws | \.ssh | \.gnupg | \.kube | \.docker | \.azure | gcloud | \.password-store
    | id_(rsa|dsa|ecdsa|ed25519)(_sk)?.* | .*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg)
    | (.*[-_.])?(credentials?|secrets?|tokens?)
      (\.(json|ya?ml|toml|ini|env|txt|cfg|conf|properties|xml|enc|db|csv))?
    | service[-_]account.*\.json | .*\.tfvars(\.json)? | .*\.tfstate(\..*)? | auth\.json
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HARMLESS: Final = re.compile(r"\.env\.(example|sample|template|dist)", re.IGNORECASE)


def is_credential_path(path: str) -> bool:
    """Return whether a part of *path* is called as files or folders with credentials are."""
    parts = re.split(r"[/:=,]", path)
    return any(_NAME.fullmatch(part) and not _HARMLESS.fullmatch(part) for part in parts)


def may_hold_credentials(folder: Path, *, hidden: bool) -> bool:
    """Return whether a file below *folder* may hold credentials; True in doubt.

    Args:
        folder: Where to look.
        hidden: Whether names that begin with a dot count.
    """
    seen = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git" and (hidden or name[0] != ".")]
        names = [*folders, *(name for name in files if hidden or name[0] != ".")]
        seen += len(names)
        if seen > _MAX_ENTRIES or any(map(is_credential_path, names)):
            return True
    return False
