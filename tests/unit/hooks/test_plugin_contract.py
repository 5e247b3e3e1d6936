"""The check that third parties run on their plugins finds what is wrong, and only that."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from pydantic import BaseModel

from coding_agent_sdk import PluginError, hookimpl
from coding_agent_sdk.errors import AgentError, ConfigError
from coding_agent_sdk.testing import RecordingPlugin, check_plugin
from coding_agent_sdk.types.context import History


@pytest.fixture
def recordings():
    """Return every recording plugin that a check has made."""
    return []


async def test_a_good_plugin_passes_and_is_cancelled_at_every_point(recordings):
    class Slow:
        name = "slow"

        def __init__(self):
            self.cancelled_in = set()
            recordings.append(self)

        async def _wait(self, hook):
            try:
                for _ in range(3):
                    await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.cancelled_in.add(hook)
                raise

        @hookimpl
        async def check_request(self):
            await self._wait("check_request")

        @hookimpl
        async def record(self):
            await self._wait("record")

        @hookimpl
        async def wrap_tool_call(self, call, call_next):
            await self._wait("wrap_tool_call")
            return await call_next(call)

        @hookimpl
        async def check_tool_result(self):
            await self._wait("check_tool_result")

    await check_plugin(Slow)
    assert recordings[-1].cancelled_in == {
        "check_request", "record", "wrap_tool_call", "check_tool_result",
    }  # fmt: skip


async def test_plugins_of_every_kind_pass():
    class Settings(BaseModel):
        word: str

    class Configured:
        @hookimpl
        def register_settings(self):
            return Settings

        @hookimpl
        def check_request(self, context):
            assert context.settings.word == "x"

    class Historian:
        @hookimpl
        def load_history(self):
            return History()

    class Tools:
        name = "tools"  # in the place of the built-in

        @hookimpl
        def register_backends(self, register):
            register("workspace", "local", "coding_agent_sdk.sandbox.workspace:LocalWorkspace")

    await check_plugin(Configured, word="x")
    await check_plugin(Historian)
    await check_plugin(Tools)


async def test_a_plugin_that_swallows_cancellation_is_found():
    class Deaf:
        @hookimpl
        async def prepare_model_request(self):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)

    with pytest.raises(AssertionError, match=r"'deaf' made .* of a cancellation"):
        await check_plugin(Deaf)


async def test_a_plugin_that_makes_an_error_of_cancellation_is_found():
    class Loud:
        @hookimpl
        async def wrap_run(self, request, call_next):
            try:
                return await call_next(request)
            except asyncio.CancelledError:
                raise RuntimeError("cancelled") from None

    with pytest.raises(AssertionError, match=r"'loud' made PluginError.* of a cancellation"):
        await check_plugin(Loud)


async def test_a_plugin_that_keeps_a_lock_when_it_is_cancelled_is_found(monkeypatch):
    monkeypatch.setattr("coding_agent_sdk.testing.plugin_contract.PATIENCE", 0.3)

    class Locks:
        def __init__(self):
            self.lock = asyncio.Lock()

        @hookimpl
        async def check_request(self):
            await self.lock.acquire()
            await asyncio.sleep(0)
            self.lock.release()

    with pytest.raises((TimeoutError, AgentError, AssertionError)):
        await check_plugin(Locks)


async def test_a_plugin_that_takes_anothers_error_for_its_own_is_found():
    class Jealous:
        @hookimpl
        async def wrap_run(self, request, call_next):
            try:
                return await call_next(request)
            except PluginError:
                raise PluginError("jealous", "wrap_run") from None

    with pytest.raises(AssertionError, match="took the error of another"):
        await check_plugin(Jealous)


async def test_a_plugin_that_fails_by_itself_raises_its_own_error():
    class Broken:
        @hookimpl
        async def wrap_run(self, request, call_next):
            raise KeyError("x")

    class Wrong:
        @hookimpl
        def on_evnt(self): ...

    class Fragile:
        @contextlib.asynccontextmanager
        async def _life(self):
            yield
            raise OSError("cannot close")

        @hookimpl
        def lifespan(self):
            return self._life()

    with pytest.raises(PluginError, match="'broken' failed in wrap_run"):
        await check_plugin(Broken)
    with pytest.raises(ConfigError, match="did you mean 'on_event'"):
        await check_plugin(Wrong)
    with pytest.raises(OSError, match="cannot close"):
        await check_plugin(Fragile)


async def test_the_recording_plugin_is_itself_a_good_neighbour():
    class Second(RecordingPlugin):
        name = "second"

    await check_plugin(Second)
