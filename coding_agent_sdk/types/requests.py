"""What a caller asks, and what he gets back."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from typing_extensions import TypeVar

    from coding_agent_sdk.text.page import Page, Section
    from coding_agent_sdk.types.context import Citation
    from coding_agent_sdk.types.decisions import ApprovalRequest
    from coding_agent_sdk.types.status import Status
    from coding_agent_sdk.types.tools import ToolCall, ToolStatus

    Output_co = TypeVar("Output_co", covariant=True, default=None)
else:
    from typing import TypeVar  # it knows no default before Python 3.13

    Output_co = TypeVar("Output_co", covariant=True)

__all__ = ["FinishedCall", "Request", "Result", "Usage"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the caller asks.

    Attributes:
        text: The request in words.
        session: The conversation that it belongs to.
        user: Who asks, for limits, budgets and the right to be forgotten; `""` for nobody.
        request_id: The caller's id of the request; a graph that embeds the agent uses it to find
            out whether it has been answered already.
        metadata: Anything the caller wants his plugins to see; the SDK does not read it.
        output: The type or the JSON schema that the answer has to fit; None for an answer in words.
    """

    text: str
    session: str
    user: str = ""
    request_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What model calls took; values add up with `+`.

    Attributes:
        input_tokens: Tokens sent, cached ones included.
        output_tokens: Tokens received, reasoning included.
        cache_read_tokens: Input tokens that the provider took from its prompt cache.
        cache_write_tokens: Input tokens that it put there.
        reasoning_tokens: Output tokens spent on reasoning.
        model_calls: Number of calls.
        semantic_hits: Answers to similar questions that a cache gave instead; they are no calls.
        cost: US dollars, or None where the price of a call is not known.
        estimated: Whether a provider gave no counts and they were estimated.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    model_calls: int = 0
    cost: Decimal | None = Decimal(0)
    estimated: bool = False
    semantic_hits: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Add counts and costs; an unknown cost makes the sum unknown."""
        known = self.cost is not None and other.cost is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            model_calls=self.model_calls + other.model_calls,
            cost=(self.cost or Decimal(0)) + (other.cost or Decimal(0)) if known else None,
            estimated=self.estimated or other.estimated,
            semantic_hits=self.semantic_hits + other.semantic_hits,
        )


@dataclass(frozen=True, kw_only=True)
class FinishedCall:
    """A tool call of a run and how it ended; *data* is what the tool gave for programs."""

    call: ToolCall
    status: ToolStatus
    text: str
    seconds: float = 0.0
    data: Any = None


@dataclass(frozen=True, kw_only=True)
class Result(Generic[Output_co]):
    """What came of a request.

    Attributes:
        text: The answer; where the run did not complete, what there is of it or why.
        status: How the run ended.
        run_id: Id of the run.
        session: The conversation.
        usage: Tokens, calls and cost.
        steps: Number of model calls that the run made itself.
        tool_calls: The calls that were made, in the order of the model's asking.
        changed_files: Paths changed, relative to the workspace.
        citations: The passages that the model was given.
        pending: Calls that wait for approval; answer them with `Agent.resume`.
        reason: Why the run did not complete; `""` where it did.
        tainted_by: What tried to instruct the model; from there on calls with an effect were
            asked for.
        output: The answer as the type that `output=` asked for; None where none was asked for, or
            the run did not complete.
    """

    text: str
    status: Status
    run_id: str
    session: str
    usage: Usage = field(default_factory=Usage)
    steps: int = 0
    tool_calls: tuple[FinishedCall, ...] = ()
    changed_files: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    pending: tuple[ApprovalRequest, ...] = ()
    reason: str = ""
    tainted_by: tuple[str, ...] = ()
    output: Output_co | None = None

    def page(self) -> Page:
        """Return what a notebook shows of it, as a page that can be written in several forms."""
        from coding_agent_sdk.text.page import Page
        from coding_agent_sdk.types.pages import cost_facts, tone_of

        usage = self.usage
        facts = (
            f"{self.steps} {'step' if self.steps == 1 else 'steps'}",
            *cost_facts(
                tokens=usage.input_tokens + usage.output_tokens,
                cost=usage.cost,
                estimated=usage.estimated,
            ),
            f"session {self.session}",
        )
        return Page(
            title=self.status.replace("_", " "),
            facts=facts,
            tone=tone_of(self.status),
            remark=self.reason,
            answer="" if self.text == self.reason else self.text,
            sections=tuple(_sections(self)),
        )

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Return what Jupyter and IPython show: HTML, Markdown and plain text."""
        from coding_agent_sdk.text.bundle import mime_bundle

        return mime_bundle(self.page(), include, exclude)


def _sections(result: Result[Any]) -> Iterator[Section]:
    from coding_agent_sdk.text.page import Item, Section
    from coding_agent_sdk.types.pages import call_item, citation_item, how_to_answer, question_item

    if result.pending:
        yield Section(
            title="Waiting for your approval",
            items=tuple(map(question_item, result.pending)),
            is_open=True,
            hint=how_to_answer(result.session, [asked.call.id for asked in result.pending]),
        )
    yield Section(
        title="Tool calls",
        items=tuple(
            call_item(done.call, status=done.status, text=done.text, seconds=done.seconds)
            for done in result.tool_calls
        ),
    )
    files = tuple(Item(title=path) for path in result.changed_files)
    yield Section(title="Changed files", items=files, is_open=True)
    yield Section(title="Sources", items=tuple(map(citation_item, result.citations)))
