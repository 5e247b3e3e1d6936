"""What a provider's factory needs from around it: its package, its key, its address."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import AuthenticationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

__all__ = ["first_set", "require_key", "requires_extra"]


@contextlib.contextmanager
def requires_extra(extra: str, *, model: str) -> Generator[None]:
    """Say which extra to install where an import inside finds no package.

    Args:
        extra: The extra of this package that brings what is imported.
        model: `provider:name` of the model that needs it.

    Raises:
        MissingExtraError: The package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            feature=f"model {model!r}", module=error.name or "?", extra=extra
        ) from error


def first_set(variables: Sequence[str], environment: Mapping[str, str] | None) -> str | None:
    """Return the value of the first variable that is set and not empty, None for none.

    Args:
        variables: Names of environment variables, in order of preference.
        environment: Where to look; None looks into the process's environment.
    """
    where = os.environ if environment is None else environment
    return next((where[name] for name in variables if where.get(name)), None)


def require_key(
    given: str | None,
    *,
    provider: str,
    model: str,
    variables: Sequence[str],
    environment: Mapping[str, str] | None,
) -> str:
    """Return the API key: the given one, or the first that the environment holds.

    Args:
        given: The key from the code or the settings, None for none.
        provider: Name of the provider, for the message.
        model: Name of the model, for the message.
        variables: Environment variables to look into, in this order.
        environment: Where to look for them; None looks into the process's environment.

    Raises:
        AuthenticationError: There is no key at hand.
    """
    key = given or first_set(variables, environment)
    if not key:
        raise AuthenticationError(
            f"model '{provider}:{model}' needs an API key and found none; set "
            f"{' or '.join(variables)} in the environment, or pass api_key=",
            provider=provider,
            model=model,
        )
    return key
