"""The models of each provider, pointed at a fake one, and closed when a test ends."""

import contextlib

import pytest

from coding_agent_sdk.models import anthropic, compatible, google, openai

MODELS = {
    "openai": lambda fake, **options: openai.create(
        "fake", base_url=fake.openai_url, api_key="k", **options
    ),
    "responses": lambda fake, **options: openai.create(
        "fake", base_url=fake.openai_url, api_key="k", use_responses_api=True, **options
    ),
    "anthropic": lambda fake, **options: anthropic.create(
        "claude-fake", base_url=fake.url, api_key="k", **options
    ),
    "google": lambda fake, **options: google.create(
        "gemini-fake", base_url=fake.url, api_key="k", **options
    ),
    "compatible": lambda fake, **options: compatible.create(
        "fake", base_url=fake.openai_url, **options
    ),
}


@pytest.fixture(params=MODELS)
def provider(request):
    """Run the test with each provider."""
    return request.param


@pytest.fixture
def make():
    """Make a model of a provider; the test closes it."""
    return lambda provider, fake, **options: MODELS[provider](fake, **options)


@pytest.fixture
async def connect(read_file):
    """Make models that know a tool; they are closed when the test ends."""
    async with contextlib.AsyncExitStack() as stack:

        def make(provider, fake, **options):
            model = MODELS[provider](fake, **{"timeout": 5.0, **options})
            stack.push_async_callback(model.aclose)
            return model.bind_tools([read_file])

        yield make


@pytest.fixture
def read_file():
    """The schema of a tool."""
    return {
        "type": "function",
        "function": {
            "name": "read_file",
            "description": "Read a file.",
            "parameters": {
                "type": "object",
                "properties": {"path": {"type": "string"}},
                "required": ["path"],
            },
        },
    }
