"""The server: takes requests, finds their script, writes the log."""

import contextlib
import itertools
import os
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from coding_agent_sdk.testing.fake_provider.answering import Exchange
from coding_agent_sdk.testing.fake_provider.anthropic import Anthropic
from coding_agent_sdk.testing.fake_provider.cassette import Cassette
from coding_agent_sdk.testing.fake_provider.connection import ClientLeftError, Connection
from coding_agent_sdk.testing.fake_provider.extras import answer_extra
from coding_agent_sdk.testing.fake_provider.gemini import Gemini
from coding_agent_sdk.testing.fake_provider.openai_chat import OpenAIChat
from coding_agent_sdk.testing.fake_provider.openai_responses import OpenAIResponses
from coding_agent_sdk.testing.fake_provider.script import Fault, LoggedRequest, Turn, TurnSource
from coding_agent_sdk.testing.fake_provider.wire import UnplayableError, WireProtocol

_PROTOCOLS: Sequence[tuple[str, re.Pattern[str], WireProtocol]] = (
    ("openai_chat", re.compile(r"/chat/completions$"), OpenAIChat()),
    ("openai_responses", re.compile(r"/responses$"), OpenAIResponses()),
    ("anthropic", re.compile(r"/messages$"), Anthropic()),
    ("gemini", re.compile(r":(generateContent|streamGenerateContent)$"), Gemini()),
)
_SECRET_HEADERS = frozenset({
    "authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie",
})  # fmt: skip
_SECRET_IN_QUERY = re.compile(r"(?<=[?&]key=)[^&]+")
_MASK = "***"
_BAD_SCRIPT = 400  # a status that no client tries again
_CLOSING_SECONDS = 5.0


class FakeProvider:
    """A model provider on a loopback port, scripted and breakable.

    It speaks OpenAI chat completions and responses, Anthropic messages and Gemini
    generateContent, streaming and not, and the small endpoints around them (models,
    embeddings, moderations, counting tokens). Point a client at `openai_url`, `anthropic_url` or
    `google_url`.

    Turns are used up by requests that are answered, the last one repeats; faults are used
    up by requests of any kind, retries included. So a request that fails twice and then
    gets its answer is one turn and two faults.

    Example:
        ```python
        turns = [Turn(tool_calls=[FakeToolCall(name="read_file", arguments={"path": "a.py"})]),
                 "It defines nothing."]
        with FakeProvider(turns, faults=[Fault(kind="status", status=429, retry_after=1)]) as fake:
            model = ChatOpenAI(model="fake", base_url=fake.openai_url, api_key="k")
            ...
            assert len(fake.log) == 3
        ```

    Args:
        turns: The answers: `Turn`, a text, or a function of the `LoggedRequest`.
        faults: What goes wrong with the first requests; None leaves one alone.
        default_fault: What goes wrong with every request after those.
        models: The names that the list of models gives.
        embedding_dimensions: Length of the embeddings.
        flagged_words: A text that holds one of them is flagged by moderations, as `violence`.
    """

    def __init__(
        self,
        turns: Iterable[TurnSource] = (),
        *,
        faults: Iterable[Fault | None] = (),
        default_fault: Fault | None = None,
        models: Sequence[str] = ("fake-model",),
        embedding_dimensions: int = 64,
        flagged_words: Sequence[str] = (),
    ) -> None:
        self.log: list[LoggedRequest] = []
        """Every request, oldest first."""
        self.errors: list[Exception] = []
        """What went wrong in the script itself; the first is raised on leaving the context."""
        self.default_fault = default_fault
        self._turns: list[TurnSource] = list(turns)
        self._faults = deque(faults)
        self._models = tuple(models)
        self._dimensions = embedding_dimensions
        self._flagged_words = tuple(flagged_words)
        self._next_turn = 0
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @classmethod
    def from_cassette(
        cls,
        path: str | os.PathLike[str],
        *,
        faults: Iterable[Fault | None] = (),
        default_fault: Fault | None = None,
    ) -> Self:
        """Return a provider that plays a recorded conversation, in any of the protocols.

        A request after the last recorded answer fails, and fails the test.

        Example:
            ```python
            with FakeProvider.from_cassette("tests/review.json") as fake:
                builder = Agent.builder().model("compatible:fake", base_url=fake.openai_url)
                ...
            ```

        Args:
            path: The cassette; `coding-agent run … --record FILE` and `CassetteRecorder` write one.
            faults: What goes wrong with the first requests.
            default_fault: What goes wrong with every request after those.

        Raises:
            ConfigError: There is no cassette at *path*.
        """
        turns = Cassette.load(path).turns

        def over(request: LoggedRequest) -> Turn:
            raise AssertionError(
                f"request {request.number} comes after the last of the {len(turns)} answers of the "
                f"cassette {os.fspath(path)!r}; record it anew where the conversation has changed"
            )

        return cls([*turns, over], faults=faults, default_fault=default_fault)

    # -- life --------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen on a free loopback port."""

        def serve(connection: Connection) -> None:
            self._handle(connection)

        bound = {"do_GET": serve, "do_POST": serve, "stopping": self._stopping}
        self._server = _Server(("127.0.0.1", 0), type("_BoundConnection", (Connection,), bound))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="fake-provider", daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening, close every connection and end what still waits."""
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if error is None and self.errors:
            raise self.errors[0]

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:PORT`.

        Raises:
            RuntimeError: It does not listen.
        """
        if self._server is None:
            raise RuntimeError("the fake provider does not listen; use it in a `with` block")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's client: `url` with `/v1`."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for Anthropic's client: `url`."""
        return self.url

    @property
    def google_url(self) -> str:
        """The base URL for Google's client: `url`."""
        return self.url

    # -- script ------------------------------------------------------------------------

    def play(self, *turns: TurnSource) -> None:
        """Add turns to the script."""
        with self._changed:
            self._turns += turns

    def inject(self, *faults: Fault | None) -> None:
        """Let something go wrong with the next requests; None leaves one alone."""
        with self._changed:
            self._faults += faults

    def wait_until(
        self, condition: Callable[[list[LoggedRequest]], bool], *, timeout: float = 5.0
    ) -> None:
        """Wait for something to stand in the log.

        Args:
            condition: What is waited for, a function of the log.
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: It did not come; the log is in the message.

        Example:
            ```python
            fake.wait_until(lambda log: log[-1].client_left)
            ```
        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self.log), timeout):
                raise TimeoutError(f"not in the log within {timeout:g} s; it holds {self.log}")

    # -- requests ----------------------------------------------------------------------

    def _handle(self, connection: Connection) -> None:
        """Answer one request, in a thread of its own."""
        request, protocol = self._log_request(connection)
        fault = self._take_fault() if request.method == "POST" else None
        request.fault = fault.kind if fault else None
        said = {protocol.request_id_header: f"req_{request.number}"}
        exchange = Exchange(connection=connection, protocol=protocol, fault=fault, headers=said)
        try:
            self._answer(exchange, request)
        except ClientLeftError:
            request.client_left = True
            connection.close_connection = True
        except UnplayableError as error:
            self.errors.append(error)
            exchange.send_error(_BAD_SCRIPT, str(error))
        finally:
            with self._changed:
                request.finished = time.monotonic()
                self._changed.notify_all()

    def _answer(self, exchange: Exchange, request: LoggedRequest) -> None:
        path = request.path.partition("?")[0]
        body = request.body if isinstance(request.body, dict) else {}
        if request.protocol:
            asked = exchange.protocol.asked(request.number, request.path, body)
            request.streaming = asked.streaming
            turn = self._take_turn(
                request, used_up=exchange.fault is None or exchange.fault.answers
            )
            exchange.answer_model_call(turn, asked)
            return
        plain = answer_extra(
            path,
            body,
            models=self._models,
            dimensions=self._dimensions,
            flagged_words=self._flagged_words,
        )
        if plain is None:
            exchange.send_error(404, f"the fake provider knows no path {path!r}")
        else:
            exchange.answer_plain(plain)

    def _log_request(self, connection: Connection) -> tuple[LoggedRequest, WireProtocol]:
        path = connection.path.partition("?")[0]
        name, _, protocol = next(
            (entry for entry in _PROTOCOLS if entry[1].search(path)),
            ("", None, _protocol_of_extra(path)),
        )
        request = LoggedRequest(
            number=next(self._numbers),
            time=time.monotonic(),
            method=connection.command,
            path=_SECRET_IN_QUERY.sub(_MASK, connection.path),
            headers={
                key.lower(): _MASK if key.lower() in _SECRET_HEADERS else value
                for key, value in connection.headers.items()
            },
            body=connection.read_body(),
            protocol=name,
        )
        with self._changed:
            self.log.append(request)
            self._changed.notify_all()
        return request, protocol

    def _take_fault(self) -> Fault | None:
        with self._changed:
            return self._faults.popleft() if self._faults else self.default_fault

    def _take_turn(self, request: LoggedRequest, *, used_up: bool) -> Turn:
        with self._changed:
            source: TurnSource = Turn(text="ok")
            if self._turns:
                source = self._turns[min(self._next_turn, len(self._turns) - 1)]
                self._next_turn += used_up
        if callable(source):
            try:
                source = source(request)
            except Exception as error:
                raise UnplayableError(f"the function of a turn failed: {error!r}") from error
        return Turn(text=source) if isinstance(source, str) else source


def _protocol_of_extra(path: str) -> WireProtocol:
    """Return whose errors a request gets that is no model call."""
    if "/messages" in path:
        return Anthropic()
    return Gemini() if ":" in path else OpenAIChat()


class _Server(ThreadingHTTPServer):
    """A threading server that knows its open connections, so that closing ends them."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[Connection]) -> None:
        self._open: set[Any] = set()
        self._ended = threading.Condition()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._ended:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._ended:
            self._open.discard(request)
            self._ended.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over what a client does that goes away; print anything else, as a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Close what is open and wait until its threads have ended."""
        with self._ended:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._ended.wait_for(lambda: not self._open, _CLOSING_SECONDS)
