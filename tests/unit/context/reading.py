"""What requests on the wire hold, whatever their protocol."""

from __future__ import annotations

import itertools
import json

from coding_agent_sdk.testing import check_prompt_prefix


def is_summary(request):
    """Return whether a request asks for a summary."""
    return "You write the summary" in json.dumps(request.body)


def of_the_run(log):
    return [request for request in log if not is_summary(request)]


def summaries(log):
    return [request for request in log if is_summary(request)]


def text_of(request):
    """Return a request's messages as one text, as JSON has it."""
    name = {"gemini": "contents"}.get(request.protocol, "messages")
    return json.dumps(request.body[name], ensure_ascii=False)


def new_prefixes(log):
    """Return the places at which a request does not begin with the one before."""
    places = []
    for place, pair in enumerate(itertools.pairwise(log), 1):
        try:
            check_prompt_prefix(pair)
        except AssertionError:
            places.append(place)
    return places


def calls_and_results(request):
    """Return the ids of calls and of results in a request, each in their order."""
    body = request.body
    if request.protocol == "openai_chat":
        messages = body["messages"]
        calls = [c["id"] for m in messages for c in m.get("tool_calls") or ()]
        return calls, [m["tool_call_id"] for m in messages if m["role"] == "tool"]
    if request.protocol == "anthropic":
        blocks = [b for m in body["messages"] if isinstance(m["content"], list)
                  for b in m["content"]]  # fmt: skip
        return (
            [b["id"] for b in blocks if b["type"] == "tool_use"],
            [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"],
        )
    parts = [part for content in body["contents"] for part in content["parts"]]
    names = [p["functionCall"]["name"] for p in parts if "functionCall" in p]
    return names, [p["functionResponse"]["name"] for p in parts if "functionResponse" in p]
