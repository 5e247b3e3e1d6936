"""Names of files and folders that hold credentials, by which they are left alone."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_credential_name"]

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


def is_credential_name(name: str) -> bool:
    """Return whether a file or folder is called as those with credentials are."""
    return _NAME.fullmatch(name) is not None and not _HARMLESS.fullmatch(name)
