"""Options that several commands share, taken as one value instead of one by one."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["takes"]


def takes(**groups: Callable[..., Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of others in the place of one of its parameters.

    The parameter called as in *groups* becomes the options of that function, and the command is
    called with what the function makes of them.

    Example:
        ```python
        @app.command()
        @takes(agent=agent_options)
        def run(*, prompt: str, agent: AgentOptions) -> int: ...
        ```
    """

    def widened(command: Callable[..., int]) -> Callable[..., int]:
        given = {name: _parameters(group) for name, group in groups.items()}

        @functools.wraps(command)
        def run(*args: Any, **kwargs: Any) -> int:
            made = {
                name: groups[name](**{each.name: kwargs.pop(each.name) for each in parameters})
                for name, parameters in given.items()
            }
            return command(*args, **kwargs, **made)

        parameters = [
            each
            for parameter in _parameters(command)
            for each in given.get(parameter.name, (parameter,))
        ]
        # typer reads the signature and, beside it, the annotations
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as inspect documents
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return widened


def _parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of a function with their annotations as values."""
    hints = get_type_hints(function, include_extras=True)
    return tuple(
        parameter.replace(annotation=hints[parameter.name])
        for parameter in inspect.signature(function).parameters.values()
    )
