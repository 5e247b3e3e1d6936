"""Words the answers of the offline model from what its tools gave back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.models.offline_knowledge import answer_from
from coding_agent_sdk.models.offline_outline import outline
from coding_agent_sdk.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from coding_agent_sdk.models.offline_intents import Analyze, Explain, Find, Run
    from coding_agent_sdk.models.offline_reading import Passage, PastCall

__all__ = [
    "analysis",
    "decline",
    "explanation",
    "knowledge",
    "matches",
    "run_output",
    "unavailable",
]

FOOTER: Final = (
    "(I am the offline model: a set of rules, not a language model. To use one, set "
    "ANTHROPIC_API_KEY, OPENAI_API_KEY or GOOGLE_API_KEY, or choose it with --model provider:name.)"
)
_ABILITIES: Final = (
    ("analyze_code", "look for faults in Python code (analyze the code; find bugs in src/)"),
    ("search_files", "search the files (where is `parse` defined; find TODO)"),
    ("read_file", "outline a file (explain src/app.py)"),
    ("run_cmd", "run a command that you name (run `pytest -q`)"),
    ("search_knowledge", "quote the knowledge base (How should exceptions be logged?)"),
)
_LINES: Final = 200
_FAILURE: Final = 600
_OUTPUT: Final = 6_000
_REST: Final = 120
_QUOTE: Final = 240
_QUOTES: Final = 5

_FOUND: Final = re.compile(r"^(\d+) issues? found in (\d+) Python files?$", re.MULTILINE)
_ISSUE: Final = re.compile(r"^.+:\d+:\d+ ([A-Za-z]+[\w-]*) .+$")
_MORE: Final = re.compile(r"^… and \d+ more; (.+)$", re.MULTILINE)
_NOTES: Final = re.compile(r"^(?:by severity: |skipped \d+ files?: |left out: |silenced by ).*$")
_LISTED: Final = re.compile(r"^\[(\d+) files?\b")
_MATCH: Final = re.compile(r"^(.+?):(\d+): ?(.*)$")
_MATCHED: Final = re.compile(r"^\[(\d+) lines? match(?:es)?\b([^\]]*)\]")
_EXIT: Final = re.compile(r"\bexit(?:ed with)?(?: code| status)?[:= ]+(-?\d+)", re.IGNORECASE)


def decline(tools: Collection[str], hint: str = "", passages: Sequence[Passage] = ()) -> str:
    """Say in one sentence that the request is beyond rules, and what is not.

    Passages that were found for the request are quoted: where they hold the answer, it is there.
    """
    known = _abilities(tools)
    sentence = "I cannot do this: I have no language model, and no tool to work with."
    if known:
        sentence = f"I cannot do this: without a language model I can only {known}."
    quotes = [
        f"- {_cut(passage.source, _REST)}: {_cut(passage.text, _QUOTE)}"
        for passage in passages[:_QUOTES]
    ]
    found = ["Passages that were found for it, unread by me:", *quotes] if quotes else []
    return _joined([sentence, hint, "\n".join(found)])


def unavailable(tool: str, tools: Collection[str]) -> str:
    """Say that a tool that the request needs is not offered."""
    known = ", ".join(sorted(tools)) or "none"
    return _joined([f"I cannot do this here: it needs the tool {tool} (tools offered: {known})."])


def analysis(intent: Analyze, calls: Sequence[PastCall], passages: Sequence[Passage]) -> str:
    """Word the answer to a request for an analysis."""
    call = _last(calls, "analyze_code")
    found = None if call.text is None or call.failed else _FOUND.search(call.text)
    if found is None or call.text is None:
        return _joined([f"The analysis of `{intent.path}` was not done. {_failure(call)}"])
    lines = call.text[found.end() :].splitlines()
    issues = [line for line in lines if _ISSUE.match(line) and not _NOTES.match(line)]
    total, files = int(found[1]), int(found[2])
    nothing = "" if files else f" ({_why_nothing(intent, lines)})"
    parts = [f"Analysis complete: {counted(total, 'issue')} found{nothing}", *issues[:_LINES]]
    if left := total - min(len(issues), _LINES):
        where = _MORE.search(call.text)
        parts.append(f"… and {left} more; {where[1] if where else 'the tool did not list them'}")
    parts += ["", f"Looked at: {_looked_at(intent, calls, files)}"]
    parts += [line for line in lines if _NOTES.match(line)]
    parts += _used(passages, issues)
    if intent.rest:
        parts.append(f"Not done, being more than an analysis: {_cut(intent.rest, _REST)!r}")
    return _joined(["\n".join(parts)])


def matches(intent: Find, calls: Sequence[PastCall]) -> str:
    """Word the answer to a search: definitions first."""
    call = _last(calls, "search_files")
    if call.text is None or call.failed:
        return _joined([f"The search for `{intent.what}` was not done. {_failure(call)}"])
    header = _MATCHED.match(call.text)
    lines = [line for line in call.text.splitlines() if _MATCH.match(line)]
    if header is None and not lines:
        return _joined([f"The search gave what I cannot read: {_cut(call.text, _FAILURE)!r}"])
    total = int(header[1]) if header else len(lines)
    among = header[2].strip() if header else ""
    definition = _definition_of(intent.what)
    defined = [line for line in lines if definition.match(_MATCH.sub(r"\3", line))]
    others = [line for line in lines if line not in set(defined)]
    shown = [*defined, *others][:_LINES]
    have = counted(total, "line has", "lines have")
    parts = [f"{have} `{intent.what}` {among}".rstrip()]
    if defined:
        parts[0] += f"; {len(defined)} of them define it and stand first"
    parts += shown
    if total > len(shown):
        parts.append(f"… and {total - len(shown)} more")
    return _joined(["\n".join(parts)])


def explanation(intent: Explain, calls: Sequence[PastCall], text: str | None) -> str:
    """Word the answer to a request for an outline.

    Args:
        intent: What was asked for.
        calls: What was done.
        text: The text of the file; None where it was not given.
    """
    if text is None:
        failure = _failure(_last(calls, "read_file"))
        return _joined([f"I could not read `{intent.path}`. {failure}"])
    return _joined(["\n".join(outline(intent.path, text))])


def run_output(intent: Run, calls: Sequence[PastCall]) -> str:
    """Word what came of a command."""
    call = _last(calls, "run_cmd")
    command = call.arguments.get("command", intent.command)
    if call.text is None:
        return _joined([f"No result came back for `{command}`; I did not run it again."])
    code = _EXIT.search(call.text)
    ended = f"ended with exit code {code[1]}" if code else "gave no exit code"
    verb = "did not succeed" if call.failed and not code else ended
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", call.text)), default=0))
    return _joined(
        [
            f"`{command}` {verb}.",
            f"{fence}\n{_cut_middle(call.text.strip())}\n{fence}",
        ]
    )


def knowledge(
    question: str, calls: Sequence[PastCall], tools: Collection[str], *, given: bool = False
) -> str:
    """Word the answer to a question from the passages that were found for it.

    Args:
        question: What was asked.
        calls: The searches that were made for it.
        tools: The names of the tools that there are.
        given: Whether the request came with passages: they were found to speak of it.
    """
    call = _last(calls, "search_knowledge")
    if call.text is None or call.failed:
        return _joined([f"I could not look this up. {_failure(call)}"])
    answer = answer_from(question, call.text, sure=given)
    if "[1] " in answer:
        return _joined([answer])
    return _joined([answer, f"Without a language model I can else only {_abilities(tools)}."])


# -- parts of answers -----------------------------------------------------------------------------


def _why_nothing(intent: Analyze, lines: Sequence[str]) -> str:
    """Say why no file was looked at: none found is no praise of the code."""
    if any(line.startswith("skipped ") for line in lines):
        return "no Python file could be read"
    return f"no Python files {'here' if intent.path == '.' else f'in {intent.path}'}"


def _abilities(tools: Collection[str]) -> str:
    return "; ".join(words for name, words in _ABILITIES if name in tools)


def _looked_at(intent: Analyze, calls: Sequence[PastCall], files: int) -> str:
    looked_at = counted(files, "Python file")
    listing = next((c for c in calls if c.name == "list_files" and c.text and not c.failed), None)
    listed = _LISTED.match(listing.text or "") if listing else None
    of_all = f" (of {counted(int(listed[1]), 'file')})" if listed else ""
    names = dict.fromkeys(call.name for call in calls if not call.failed)
    return f"{looked_at} in `{intent.path}`{of_all}, with {' and '.join(names)}"


def _used(passages: Sequence[Passage], issues: Sequence[str]) -> list[str]:
    """Say which passages speak of the rules that were broken; rules can read no more of them."""
    if not passages:
        return []
    codes = list(dict.fromkeys(found[1] for line in issues if (found := _ISSUE.match(line))))
    told = [
        f"{_cut(passage.source, _REST)} ({', '.join(spoken)})"
        for passage in passages
        if (spoken := [code for code in codes if re.search(rf"\b{code}\b", passage.text)])
    ]
    unused = len(passages) - len(told)
    lines = [f"See also: {'; '.join(told)}"] if told else []
    if unused:
        lines.append(f"Passages given with the request and not used: {unused}")
    return lines


def _definition_of(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(
        rf"\s*(?:(?:async\s+def|def|class|function|func|fn|type|interface|struct|enum|const|let|var)"
        rf"\s+{word}\b|{word}\s*(?::[^=]+)?=(?!=))"
    )


def _last(calls: Sequence[PastCall], name: str) -> PastCall:
    return next(call for call in reversed(calls) if call.name == name)


def _failure(call: PastCall) -> str:
    if call.text is None:
        return f"No result came back from {call.name}."
    return f"{call.name} answered: {_cut(' '.join(call.text.split()), _FAILURE)}"


def _cut(text: str, limit: int) -> str:
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cut_middle(text: str) -> str:
    if len(text) <= _OUTPUT:
        return text
    half = _OUTPUT // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join([*filter(None, parts), FOOTER])
