"""An answer in the form of a type or a schema: how it is asked for, and how its text becomes one.

The form is asked for in the user's own message and answered as text, so it works with every
model, leaves tools as they are, and changes nothing of what was sent before. The answer passes
all checks and redactors, as any text does, before an object is made of it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from langchain_core.messages import HumanMessage
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.errors import MissingExtraError, OutputError, RequestError
from coding_agent_sdk.text.failures import shown
from coding_agent_sdk.types.entries import MessageEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
        schema: Its JSON schema, as the model is told it.
        fit: Makes the answer of a JSON value, and says what of it does not fit.
    """

    schema: str
    fit: Callable[[Any], tuple[Any, Sequence[str]]]

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
        made, problems = self.fit(value)
        return (None, _joined(problems)) if problems else (made, "")


def checked_output(output: Any) -> None:
    """Refuse what no answer can be validated against, before a run begins.

    Raises:
        RequestError: It is no JSON schema, and pydantic can make none of it; the message says why.
        MissingExtraError: It is one, and the extra that validates it is not installed.
    """
    if output is not None:
        form_of(output)


def form_of(output: Any) -> OutputForm:
    """Return the form that a type, or a JSON schema, stands for.

    Raises:
        RequestError: It is neither.
        MissingExtraError: It is a JSON schema, and the extra for them is not installed.
    """
    if isinstance(output, Mapping):
        return _form_of_schema(output)
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
            f"dataclass or list[str], or a JSON schema, not {shown(output)}: {why}"
        ) from error

    def fit(value: Any) -> tuple[Any, Sequence[str]]:
        try:
            return adapter.validate_json(json.dumps(value)), ()
        except ValidationError as error:
            return None, _problems(error)

    return OutputForm(schema=schema, fit=fit)


_known_form = functools.lru_cache(maxsize=_KNOWN_FORMS)(_make_form)


def _form_of_schema(schema: Mapping[str, Any]) -> OutputForm:
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _no_schema(str(error)) from error
    return _known_schema(text)


@functools.lru_cache(maxsize=_KNOWN_FORMS)
def _known_schema(text: str) -> OutputForm:
    try:
        from coding_agent_sdk.core.json_schema import JsonSchema, NoSchemaError
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            feature="output= with a JSON schema", module=error.name or "jsonschema", extra="schema"
        ) from error
    try:
        schema = JsonSchema(json.loads(text))
    except NoSchemaError as error:
        raise _no_schema(str(error)) from error

    def fit(value: Any) -> tuple[Any, Sequence[str]]:
        return value, schema.problems(value)

    return OutputForm(schema=text, fit=fit)


def _no_schema(why: str) -> RequestError:
    return RequestError(f"output= was given a mapping that is no JSON schema: {why}")


def with_form(run: Run, context: str) -> str:
    """Return what goes with the user's request: the context, and the form of the answer.

    A schema has texts, too, of its fields and of what they are by default.
    """
    if run.request.output is None:
        return context
    instruction = run.for_model(form_of(run.request.output).instruction)
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


def _problems(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"{'.'.join(map(str, detail['loc'])) or 'the value'}: "
        f"{detail['msg'].removeprefix('Value error, ')}"
        for detail in found
    ]


def _joined(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
