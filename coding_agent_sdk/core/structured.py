"""An answer in the form of a type: how the model is asked for one, and how its text becomes one.

The form is asked for in the user's own message and answered as text, so it works with every
model, leaves tools as they are, and changes nothing of what was sent before. The answer passes
all checks and redactors, as any text does, before an object is made of it.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from langchain_core.messages import HumanMessage
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.errors import OutputError, RequestError
from coding_agent_sdk.text.failures import shown
from coding_agent_sdk.types.entries import MessageEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coding_agent_sdk.core.run import Run

__all__ = ["OutputForm", "ask_again", "checked_output", "with_form"]

INSTRUCTION: Final = """\
<answer_format>
When you are done, your last message is one JSON value that fits this JSON schema, and nothing \
else: no words around it, no code fence. Until then use your tools as ever.
{schema}
</answer_format>"""

AGAIN: Final = """\
<answer_format>
Your last message is no answer of the form that was asked for: {problem}.
Send the whole answer again as one JSON value that fits this JSON schema, and nothing else.
{schema}
</answer_format>"""

_FENCED: Final = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_FRAMED: Final = re.compile(r"[{\[].*[}\]]", re.DOTALL)
_MOST_PROBLEMS: Final = 10
_KNOWN_FORMS: Final = 64


@dataclass(frozen=True, kw_only=True)
class OutputForm:
    """The form that an answer has to have.

    Attributes:
        adapter: Validates it.
        schema: Its JSON schema, as the model is told it.
    """

    adapter: TypeAdapter[Any]
    schema: str

    @property
    def instruction(self) -> str:
        """What the model is told beside the user's request."""
        return INSTRUCTION.format(schema=self.schema)

    def read(self, text: str, redact: Callable[..., str] | None = None) -> tuple[Any, str]:
        """Return the value of an answer and `""`, or None and what is wrong with it.

        Args:
            text: The answer. Words or a code fence around the JSON are passed over.
            redact: Masks each text in it before the value is made; None leaves them.
        """
        value, wrong = _json_of(text)
        if wrong:
            return None, wrong
        if redact is not None:
            value = redact_value(value, redact)
        try:
            return self.adapter.validate_json(json.dumps(value)), ""
        except ValidationError as error:
            return None, _problems(error)


def checked_output(output: Any) -> None:
    """Refuse what no answer can be validated against, before a run begins.

    Raises:
        RequestError: pydantic can make no JSON schema of it; the message says why.
    """
    if output is not None:
        form_of(output)


def form_of(output: Any) -> OutputForm:
    """Return the form that a type stands for.

    Raises:
        RequestError: It is no type that pydantic can validate.
    """
    try:
        return _known_form(output)
    except TypeError:  # it cannot be hashed, as an annotation with a list in it
        return _make_form(output)


def _make_form(output: Any) -> OutputForm:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(output)
        schema = json.dumps(adapter.json_schema(), ensure_ascii=False)
    except (PydanticUserError, SchemaError, NameError) as error:
        why = str(error).partition("\n")[0]
        raise RequestError(
            f"output= takes a type that pydantic can validate from JSON, such as a BaseModel, a "
            f"dataclass or list[str], not {shown(output)}: {why}"
        ) from error
    return OutputForm(adapter=adapter, schema=schema)


_known_form = functools.lru_cache(maxsize=_KNOWN_FORMS)(_make_form)


def with_form(context: str, output: Any) -> str:
    """Return what goes with the user's request: the context, and the form of the answer."""
    if output is None:
        return context
    instruction = form_of(output).instruction
    return f"{context}\n\n{instruction}" if context else instruction


def ask_again(run: Run, text: str) -> HumanMessage | None:
    """Make the answer with which a run ends its output, or say what the model is told instead.

    Args:
        run: A run that an output is asked of.
        text: The answer.

    Returns:
        None where the answer fits: then it is in the run's progress.

    Raises:
        OutputError: It does not fit, and was asked for as often as the settings allow.
    """
    progress, form = run.progress, form_of(run.request.output)
    value, problem = form.read(text, run.for_response if run.redacts else None)
    if not problem:
        progress.output = value
        return None
    progress.refused_outputs += 1
    if progress.refused_outputs > run.services.limits.output_retries:
        raise OutputError(
            run.for_response(problem),
            text=run.for_response(text),
            asked=progress.refused_outputs,
        )
    message = HumanMessage(run.for_model(AGAIN.format(problem=problem, schema=form.schema)))
    run.keep(MessageEntry(run_id=run.run_id, message=message))
    return message


# -- the JSON of a text --------------------------------------------------------------------


def _json_of(text: str) -> tuple[Any, str]:
    """Return the JSON value in a text and `""`, or None and what is wrong with the text."""
    if not text.strip():
        return None, "it is empty"
    wrong = ""
    for candidate in _candidates(text):
        try:
            return _STRICT.decode(candidate), ""
        except json.JSONDecodeError as error:
            wrong = wrong or f"it is not valid JSON: {error.msg} (character {error.pos})"
        except (ValueError, RecursionError) as error:
            wrong = wrong or f"it is not valid JSON: {error}"
    return None, wrong


def _candidates(text: str) -> Iterator[str]:
    """Yield what may be the JSON of an answer, the whole text first."""
    yield text.strip()
    fenced = _FENCED.findall(text)
    if fenced:
        yield fenced[-1].strip()
    framed = _FRAMED.search(text)
    if framed:
        yield framed[0]


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


_STRICT: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [
        f"{'.'.join(map(str, detail['loc'])) or 'the value'}: "
        f"{detail['msg'].removeprefix('Value error, ')}"
        for detail in found[:_MOST_PROBLEMS]
    ]
    more = len(found) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
