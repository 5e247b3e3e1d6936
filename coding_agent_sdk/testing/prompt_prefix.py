"""Checks that each request of a session begins with the one before: else no prompt cache helps."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from coding_agent_sdk.testing.fake_provider.script import LoggedRequest

_STATIC: Final[Mapping[str, tuple[str, ...]]] = {
    "openai_chat": ("tools",),
    "openai_responses": ("tools", "instructions"),
    "anthropic": ("tools", "system"),
    "gemini": ("tools", "toolConfig", "systemInstruction"),
}
_MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "openai_chat": ("messages", ""),
    "openai_responses": ("input", ""),
    "anthropic": ("messages", "content"),
    "gemini": ("contents", "parts"),
}
"""Where the messages are, and where their parts are that later requests may add to."""

_SHOWN: Final = 160


def check_prompt_prefix(log: Iterable[LoggedRequest]) -> None:
    """Check that no request changes what the session's former request sent.

    Providers cache the longest prefix that two requests share: tools, then the system prompt, then
    the messages. A plugin that puts the time into the system prompt, sorts tools anew or rewrites
    an old message makes each request as dear as the first. Cache markers do not count.

    Example:
        ```python
        with FakeProvider(["one", "two"]) as fake:
            ...  # two requests of one session, with your plugin
        check_prompt_prefix(fake.log)
        ```

    Args:
        log: The requests of one session, oldest first, as `FakeProvider.log` has them.

    Raises:
        AssertionError: A request differs in what was sent before; it says where.
    """
    former: LoggedRequest | None = None
    for request in log:
        if not request.protocol:
            continue
        if former is not None and former.protocol == request.protocol:
            _check(former, request)
        former = request


def _check(former: LoggedRequest, request: LoggedRequest) -> None:
    for name in _STATIC[former.protocol]:
        _compare(former, request, name, [former.body.get(name)], [request.body.get(name)])
    name = _MESSAGES[former.protocol][0]
    _compare(former, request, name, _units(former), _units(request))


def _compare(
    former: LoggedRequest, request: LoggedRequest, name: str, before: list[Any], now: list[Any]
) -> None:
    for place, old in enumerate(before):
        new = now[place] if place < len(now) else None
        sent, sends = _written(old), _written(new)
        if sent == sends:
            continue
        differs = next(
            (n for n, pair in enumerate(zip(sent, sends, strict=False)) if pair[0] != pair[1]),
            min(len(sent), len(sends)),
        )
        begin = max(0, differs - _SHOWN // 4)
        raise AssertionError(
            f"request {request.number} changes what request {former.number} sent in {name!r}, "
            f"part {place}, from character {differs} on:\n"
            f"  was …{sent[begin : begin + _SHOWN]}\n  is  …{sends[begin : begin + _SHOWN]}\n"
            "so the provider's cache holds nothing of it; add what changes to `volatile` of the "
            "request instead"
        )


def _units(request: LoggedRequest) -> list[Any]:
    """Return the messages, those that later requests may add to in parts."""
    name, inner = _MESSAGES[request.protocol]
    messages = request.body.get(name) or []
    if isinstance(messages, str):  # OpenAI's responses take a text for a message
        messages = [{"role": "user", "content": messages}]
    return [unit for message in messages for unit in _parts(message, inner)]


def _parts(message: Mapping[str, Any], inner: str) -> Iterator[Any]:
    if not inner:
        yield message
        return
    for part in _as_blocks(message.get(inner)):
        yield {"role": message.get("role"), "part": part}


def _as_blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _written(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any, key: str = "") -> Any:
    """Return a value without cache markers; a text and a block of text are the same."""
    if isinstance(value, str) and key in {"content", "system"}:
        return _as_blocks(value)
    if isinstance(value, dict):
        return {name: _plain(v, name) for name, v in value.items() if name != "cache_control"}
    return [_plain(item) for item in value] if isinstance(value, list) else value
