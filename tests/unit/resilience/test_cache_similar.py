"""Similar questions get the same answer where it is turned on, and only where nothing else differs."""

from __future__ import annotations

import pytest
from langchain_core.messages import HumanMessage
from prometheus_client import CollectorRegistry

from coding_agent_sdk import Agent, ConfigError
from coding_agent_sdk.errors import EmbeddingError
from coding_agent_sdk.events import ModelCallFinished
from coding_agent_sdk.middleware.resilience.cache import CachePlugin
from coding_agent_sdk.middleware.resilience.similar import marks_of, question_of
from coding_agent_sdk.models.embedding import create_compatible, create_openai
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel
from coding_agent_sdk.types.log import with_context

from .conftest import asks

ASKED = "Please explain briefly the purpose of this whole parser module"
ALIKE = "Explain, please, the purpose of this whole parser module"


@pytest.fixture
def embeddings():
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def ask(build, embeddings):
    """Build agents of a scripted model whose cache asks a real server how near questions are."""

    def make(steps=None, *plugins, semantic=0.9, **options):
        model = ScriptedModel(steps or (lambda messages: f"answer {len(model.requests)}"))
        section = {
            "enabled": True, "semantic": semantic,
            "embedder": f"compatible:fake-embed@{embeddings.openai_url}",
            **options.pop("cache", {}),
        }  # fmt: skip
        agent = build((), *plugins, model=model, cache=section, **options)
        return agent, model

    return make


async def texts(agent, *questions, **options):
    return [(await agent.run(question, **options)).text for question in questions]


async def test_a_question_in_other_words_gets_the_answer_that_is_kept(ask, embeddings):
    agent, model = ask()
    async with agent:
        first = await agent.run(ASKED)
        async with agent.stream(ALIKE) as events:
            seen = [event async for event in events]
        second = events.result
    assert (first.text, second.text, len(model.requests)) == ("answer 1", "answer 1", 1)
    assert (first.usage.semantic_hits, second.usage.semantic_hits) == (0, 1)
    assert (second.usage.model_calls, second.usage.input_tokens, second.usage.cost) == (0, 0, 0)
    (finished,) = [event for event in seen if isinstance(event, ModelCallFinished)]
    assert (finished.cached, finished.similar) == (True, True)
    assert [request.body["input"] for request in embeddings.log] == [[ASKED], [ALIKE]]


async def test_the_same_words_are_found_without_asking_how_near_they_are(ask, embeddings):
    agent, _ = ask()
    async with agent:
        await texts(agent, ASKED, ASKED)
        hit = await agent.run(ASKED)
    assert hit.usage.semantic_hits == 0
    assert len(embeddings.log) == 1


async def test_it_is_off_by_default(ask, embeddings):
    agent, model = ask(semantic=None)
    async with agent:
        await texts(agent, ASKED, ALIKE)
    assert len(model.requests) == 2
    assert embeddings.log == []


async def test_hits_are_counted_by_their_kind(embeddings, workspace):
    registry = CollectorRegistry()
    builder = (
        Agent.builder().config(None, project=False).installed_plugins(load=False)
        .model(ScriptedModel(lambda messages: "ok")).workspace(workspace).memory(None)
        .monitoring(registry=registry).without("tracing", "rag", "guardrails")
        .cache(semantic=0.9, embedder=f"compatible:fake-embed@{embeddings.openai_url}")
    )  # fmt: skip
    async with builder.build() as agent:
        await texts(agent, ASKED, ALIKE, ASKED, ALIKE)
        labels = {"model": agent.model}
    hits = {
        kind: registry.get_sample_value("llm_cache_hits_total", {**labels, "kind": kind})
        for kind in ("exact", "semantic")
    }
    assert hits == {"exact": 1, "semantic": 2}


# -- what must not be taken for the same ---------------------------------------------------

BASE = "please explain the purpose of the parser module and of its tests"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{BASE} in version 10", f"{BASE} in version 11"),
        (f"{BASE} with comments", f"{BASE} without comments"),
        (f"{BASE}, do it", f"{BASE}, do not do it"),
        (f"{BASE}, it works", f"{BASE}, it doesn't work"),
        (f"{BASE} in src/a.py", f"{BASE} in src/b.py"),
        (f"{BASE} and the 'left' one", f"{BASE} and the 'main' one"),
        (f"{BASE} and `parse_all`", f"{BASE} and `parse_any`"),
        (f"{BASE} of read_file", f"{BASE} of read_line"),
        (f"{BASE} for Ada", f"{BASE} for Bob"),
        (f"{BASE} before noon", f"{BASE} after noon"),
        (f"{BASE} on a machine", f"{BASE} off a machine"),
        (f"{BASE} from a to b", f"{BASE} to a from b"),
    ],
    ids=[
        "number", "without", "not", "contraction", "path", "quoted", "code", "name", "person",
        "before", "off", "order",
    ],
)  # fmt: skip
async def test_what_differs_in_what_counts_is_asked_anew(ask, one, other):
    agent, model = ask()
    async with agent:
        assert await texts(agent, one, other) == ["answer 1", "answer 2"]
    assert len(model.requests) == 2


async def test_a_question_that_is_not_near_enough_is_asked_anew(ask):
    agent, model = ask()
    async with agent:
        await texts(agent, ASKED, "Please explain briefly the history of this little lexer package")
    assert len(model.requests) == 2


async def test_another_user_another_session_and_another_prompt_get_none_of_it(ask):
    agent, model = ask(memory="memory://")
    async with agent:
        await texts(agent, ASKED, user="ada")
        await texts(agent, ALIKE, user="bob")
        await texts(agent, "hello", ALIKE, user="ada", session="with a history")
    assert len(model.requests) == 4


async def test_passages_that_are_attached_have_to_be_the_same(ask):
    one = with_context(HumanMessage(ASKED), "<context>\none\n</context>")
    other = with_context(HumanMessage(ALIKE), "<context>\ntwo\n</context>")
    first, second = question_of([one]), question_of([other])
    assert (first.text, second.text) == (ASKED, ALIKE)
    assert first.rest != second.rest


async def test_nothing_is_compared_once_a_tool_has_spoken_or_is_asked_for(ask, embeddings):
    agent, model = ask([asks("1"), "first", asks("2"), "second"])
    async with agent:
        assert await texts(agent, ASKED, ALIKE) == ["first", "second"]
    assert len(model.requests) == 4
    assert len(embeddings.log) == 2  # for the questions, and not for the results of tools


def test_long_texts_other_scripts_and_blocks_are_not_compared():
    assert question_of([HumanMessage("word " * 200)]) is None
    assert question_of([HumanMessage("что делает этот модуль")]) is None
    assert question_of([HumanMessage([{"type": "text", "text": "what"}])]) is None
    assert question_of([]) is None


def test_what_counts_is_kept_in_its_order():
    text = 'Why does "a b" in src/x.py fail with 3.11 on Linux, not on MacOS?'
    assert marks_of(text) == [
        '"a b"', "why", "does", "in", "src/x.py", "with", "3.11", "on", "Linux", "not", "on",
        "MacOS",
    ]  # fmt: skip


# -- bounds, keys, failures ----------------------------------------------------------------


async def test_what_is_kept_is_bounded_and_holds_no_text(ask):
    plugin = CachePlugin()
    agent, _ = ask(None, plugin, cache={"max_entries": 3})
    async with agent:
        for number in range(9):
            await agent.run(f"{ASKED} {number}", user=f"user {number}")
        (similar,) = plugin._similar.values()
        assert len(similar) == 3
        assert all(len(scope) == 32 for scope in similar._scopes)
        kept = [answer for answers in similar._scopes.values() for answer in answers]
        assert all(len(answer.marks) == 32 for answer in kept)
        assert "parser" not in repr(similar._scopes)


async def test_answers_are_too_old_after_their_time(ask, clock):
    agent, model = ask(None, CachePlugin(clock=clock), cache={"ttl": 10})
    async with agent:
        await agent.run(ASKED)
        clock.now += 10
        await agent.run(ALIKE)
    assert len(model.requests) == 2


async def test_a_users_answers_are_exported_and_forgotten(ask):
    agent, model = ask()
    async with agent:
        await agent.run(ASKED, user="ada")
        exported = await agent.manage_user_data("ada", "export")
        assert exported["cache"]["similar_answers"] == ["answer 1"]
        forgotten = await agent.manage_user_data("ada", "forget")
        assert forgotten["cache"]["similar_answers"] == 1
        await agent.run(ALIKE, user="ada")
    assert len(model.requests) == 2


@pytest.mark.parametrize("kind", ["status", "refuse", "html", "wrong_shape"])
async def test_an_embedder_that_fails_is_left_alone_and_the_model_is_asked(
    ask, embeddings, kind, caplog
):
    embeddings.inject(Fault(kind=kind))
    agent, _ = ask()
    async with agent:
        assert await texts(agent, ASKED, ALIKE) == ["answer 1", "answer 2"]
    assert len(embeddings.log) == 1
    assert "similar questions are not looked for" in caplog.text


def test_an_embedder_that_nobody_offers_or_can_reach_is_refused_at_build(ask):
    for embedder in ("made_up:x", "compatible:", "openai:"):
        with pytest.raises(ConfigError, match="embedder"):
            ask(cache={"embedder": embedder})


@pytest.mark.parametrize("threshold", [0.5, 1.0, "high"])
def test_a_threshold_that_would_mix_things_up_is_refused(ask, threshold):
    with pytest.raises(ConfigError, match=r"plugins\.cache\.semantic"):
        ask(semantic=threshold)


async def test_vectors_come_in_the_order_of_their_texts(embeddings):
    environment = {"OPENAI_BASE_URL": embeddings.openai_url, "OPENAI_API_KEY": "k"}
    async with create_openai(url="openai:fake", environment=environment) as embedder:
        one, two, again = await embedder.embed(["one", "two", "one"])
    assert one == again != two


async def test_a_server_that_is_not_there_is_an_embedding_error(embeddings):
    url = embeddings.openai_url
    embeddings.close()
    async with create_compatible(url=f"compatible:fake@{url}") as embedder:
        with pytest.raises(EmbeddingError, match="check its server"):
            await embedder.embed(["one"])


def test_an_embedder_without_a_model_is_said_and_no_bare_error():
    from coding_agent_sdk.models.embedding import create_compatible, create_openai

    for create in (create_openai, create_compatible):
        with pytest.raises(ConfigError, match="names no model; write it as"):
            create(environment={})
