"""FakeProvider on the wire: what the protocols say, and each fault down to the bytes."""

import base64
import http.client
import json
import math
import socket
import struct
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from coding_agent_sdk.testing import FakeProvider, FakeToolCall, FakeUsage, Fault, Turn
from coding_agent_sdk.testing.fake_provider.extras import embed

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
GEMINI = "/v1beta/models/gemini-fake:generateContent"
GEMINI_STREAM = "/v1beta/models/gemini-fake:streamGenerateContent?alt=sse"
PATHS = [CHAT, RESPONSES, MESSAGES, GEMINI]
CALL = FakeToolCall(name="read_file", arguments={"path": "a.py"}, id="c1")


def streaming(path):
    return path if path != GEMINI else GEMINI_STREAM


def connection(fake, timeout=5):
    return closing(http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=timeout))


def post(fake, path, body=None, *, headers=None):
    """Send a request and read the whole answer: status, headers, body."""
    with connection(fake) as client:
        client.request("POST", path, json.dumps(body or {"model": "m"}), headers or {})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()


def stream(fake, path):
    """Ask for a stream and return the JSON of its events."""
    _, _, raw = post(fake, streaming(path), {"model": "m", "stream": True})
    return events_of(raw)


def events_of(raw):
    lines = [line for line in raw.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]


# -- life, script and log ----------------------------------------------------------------


def test_it_listens_on_loopback_only_while_it_is_open():
    fake = FakeProvider()
    with pytest.raises(RuntimeError, match="with"):
        _ = fake.url
    with fake:
        assert fake.url.startswith("http://127.0.0.1:")
        assert fake.openai_url == fake.url + "/v1"
        address = urlsplit(fake.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
    fake.close()  # once more does nothing


def test_turns_are_used_up_and_the_last_one_repeats():
    with FakeProvider(["one", Turn(text="two")]) as fake:
        texts = [json.loads(post(fake, GEMINI)[2]) for _ in range(3)]
        assert [t["candidates"][0]["content"]["parts"][0]["text"] for t in texts] == [
            "one",
            "two",
            "two",
        ]
        fake.play("three")
        assert b"three" in post(fake, CHAT)[2]


def test_without_turns_it_says_ok():
    with FakeProvider() as fake:
        assert json.loads(post(fake, CHAT)[2])["choices"][0]["message"]["content"] == "ok"


def test_a_turn_may_be_a_function_of_the_request():
    with FakeProvider([lambda request: f"you asked {request.body['model']}"]) as fake:
        assert b"you asked gpt" in post(fake, CHAT, {"model": "gpt"})[2]


def test_a_function_that_fails_fails_the_test():
    fake = FakeProvider([lambda _: 1 / 0])
    with pytest.raises(ValueError, match="ZeroDivisionError"), fake:
        assert post(fake, CHAT)[0] == 400


def test_an_error_of_the_test_goes_before_that_of_the_script():
    fake = FakeProvider([lambda _: 1 / 0])
    with pytest.raises(KeyError), fake:  # noqa: PT012 - on leaving
        post(fake, CHAT)
        raise KeyError


def test_faults_are_used_up_by_requests_and_keep_the_turn():
    faults = [Fault(kind="status", status=503), None, Fault(kind="status", status=429)]
    with FakeProvider(["one", "two"], faults=faults) as fake:
        statuses = [post(fake, CHAT)[0] for _ in range(4)]
        assert statuses == [503, 200, 429, 200]
        assert [request.fault for request in fake.log] == ["status", None, "status", None]
        fake.inject(Fault(kind="empty"))
        assert post(fake, CHAT)[2] == b""
        fake.default_fault = Fault(kind="html")
        assert b"<html>" in post(fake, CHAT)[2]


def test_each_of_many_requests_at_once_gets_a_turn_of_its_own():
    with FakeProvider([f"turn {n}." for n in range(40)]) as fake:
        bodies = []
        threads = [
            threading.Thread(target=lambda: bodies.append(post(fake, CHAT)[2])) for _ in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    texts = {json.loads(body)["choices"][0]["message"]["content"] for body in bodies}
    assert texts == {f"turn {n}." for n in range(40)}


def test_the_log_holds_each_request_without_its_credentials():
    headers = {"Authorization": "Bearer sk-1", "X-Api-Key": "sk-2", "X-Goog-Api-Key": "sk-3"}
    with FakeProvider() as fake:
        before = time.monotonic()
        post(fake, CHAT + "?key=sk-4&x=1", {"model": "m", "stream": True}, headers=headers)
        (request,) = fake.log
    assert (request.number, request.method, request.protocol) == (0, "POST", "openai_chat")
    assert request.path == CHAT + "?key=***&x=1"
    assert request.streaming
    assert request.body == {"model": "m", "stream": True}
    assert before <= request.time <= request.finished <= time.monotonic()
    assert request.headers["authorization"] == "***"
    assert "sk-" not in repr(request)


def test_a_body_may_be_chunked_or_no_json():
    with FakeProvider() as fake:
        with connection(fake) as client:
            client.request("POST", CHAT, iter([b'{"model":', b' "m"}']), encode_chunked=True)
            assert client.getresponse().read()
        with connection(fake) as client:
            client.request("POST", CHAT, b"no json \xff")
            assert client.getresponse().read()
    assert [request.body for request in fake.log] == [{"model": "m"}, "no json \ufffd"]


def test_chunked_bodies_may_have_trailers():
    with (
        FakeProvider() as fake,
        socket.create_connection(urlsplit(fake.url).netloc.split(":")) as s,
    ):
        s.sendall(
            b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2;ext=1\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n"
        )
        assert s.recv(15) == b"HTTP/1.1 200 OK"
        assert fake.log[0].body == {}


def test_a_bug_of_the_server_is_shown(capfd):
    with (
        FakeProvider() as fake,
        socket.create_connection(urlsplit(fake.url).netloc.split(":")) as s,
    ):
        s.sendall(b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n")
        assert s.recv(1) == b""
    assert "ValueError" in capfd.readouterr().err


def test_one_connection_serves_many_requests():
    with FakeProvider(["a", "b"]) as fake, connection(fake) as client:
        for _ in range(3):
            client.request("POST", MESSAGES, "{}")
            client.getresponse().read()
        assert len(fake.log) == 3


def test_waiting_for_the_log_gives_up_with_what_there_is():
    with FakeProvider() as fake:
        post(fake, CHAT)
        fake.wait_until(lambda log: len(log) == 1)
        with pytest.raises(TimeoutError, match="openai_chat"):
            fake.wait_until(lambda log: len(log) == 2, timeout=0.05)


def test_an_unknown_path_is_told():
    with FakeProvider() as fake:
        status, _, body = post(fake, "/v1/nothing")
    assert status == 404
    assert "/v1/nothing" in json.loads(body)["error"]["message"]


# -- protocols ----------------------------------------------------------------------------


def test_chat_completions_speak_openai():
    turn = Turn(text="hi", reasoning="hm", tool_calls=[CALL], usage=FakeUsage(cached_tokens=4))
    with FakeProvider([turn]) as fake:
        _, headers, body = post(fake, CHAT, {"model": "gpt"})
    answer = json.loads(body)
    (choice,) = answer["choices"]
    assert headers["x-request-id"] == "req_0"
    assert answer["model"] == "gpt"
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["reasoning_content"] == "hm"
    assert choice["message"]["tool_calls"] == [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "read_file", "arguments": '{"path": "a.py"}'},
        }
    ]
    assert answer["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}


@pytest.mark.parametrize("asked", [True, False])
def test_a_chat_stream_ends_with_usage_where_it_was_asked_for(asked):
    body = {"model": "m", "stream": True, "stream_options": {"include_usage": asked}}
    turn = Turn(text="0123456789", reasoning="hm", tool_calls=[CALL], chunk_size=4)
    with FakeProvider([turn]) as fake:
        _, _, raw = post(fake, CHAT, body)
    events = events_of(raw)
    assert raw.endswith(b"data: [DONE]\n\n")
    deltas = [e["choices"][0]["delta"] for e in events if e["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(d.get("content") or "" for d in deltas) == "0123456789"
    assert [d["reasoning_content"] for d in deltas if "reasoning_content" in d] == ["hm"]
    fragments = [d["tool_calls"][0] for d in deltas if "tool_calls" in d]
    assert fragments[0]["function"] == {"name": "read_file", "arguments": ""}
    assert "id" not in fragments[1]
    assert "".join(f["function"]["arguments"] for f in fragments) == '{"path": "a.py"}'
    assert [("usage" in event) for event in events] == [asked] * len(events)
    assert (events[-1]["choices"] == []) is asked


def test_responses_number_their_events_and_end_with_the_whole():
    turn = Turn(text="hi", reasoning="hm", tool_calls=[CALL])
    with FakeProvider([turn]) as fake:
        events = stream(fake, RESPONSES)
        whole = json.loads(post(fake, RESPONSES)[2])
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_item.added") == 3
    final = events[-1]["response"]
    assert [item["type"] for item in final["output"]] == ["reasoning", "message", "function_call"]
    assert final["output"][2]["call_id"] == "c1"
    assert final["output"][2]["id"].startswith("fc_")
    assert [item["type"] for item in whole["output"]] == [i["type"] for i in final["output"]]


def test_a_response_that_is_incomplete_says_so():
    with FakeProvider([Turn(text="half", finish_reason="incomplete")]) as fake:
        last = stream(fake, RESPONSES)[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_messages_speak_anthropic():
    turn = Turn(text="hi", reasoning="hm", tool_calls=[CALL], usage=FakeUsage(cached_tokens=4))
    with FakeProvider([turn]) as fake:
        _, headers, body = post(fake, MESSAGES)
        events = stream(fake, MESSAGES)
    answer = json.loads(body)
    assert headers["request-id"] == "req_0"
    assert [block["type"] for block in answer["content"]] == ["thinking", "text", "tool_use"]
    assert answer["content"][2]["input"] == {"path": "a.py"}
    assert answer["stop_reason"] == "tool_use"
    assert answer["usage"]["input_tokens"] == 7  # the cached ones are counted apart
    assert answer["usage"]["cache_read_input_tokens"] == 4
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["message_start", "ping"]
    assert kinds[-2:] == ["message_delta", "message_stop"]
    deltas = [e["delta"]["type"] for e in events if e["type"] == "content_block_delta"]
    assert deltas[0] == "thinking_delta"
    assert deltas[1] == "signature_delta"


def test_generate_content_speaks_gemini():
    usage = FakeUsage(cached_tokens=4, reasoning_tokens=2)
    turn = Turn(text="hi", reasoning="thinking", tool_calls=[CALL, CALL], usage=usage)
    with FakeProvider([turn]) as fake:
        answer = json.loads(post(fake, GEMINI)[2])
        events = stream(fake, GEMINI)
    parts = answer["candidates"][0]["content"]["parts"]
    assert [set(part) for part in parts] == [
        {"text", "thought"},
        {"text", "thoughtSignature"},
        {"functionCall"},
        {"functionCall"},
    ]
    assert answer["usageMetadata"] == {
        "promptTokenCount": 11,
        "candidatesTokenCount": 5,
        "totalTokenCount": 18,
        "cachedContentTokenCount": 4,
        "thoughtsTokenCount": 2,
    }
    assert answer["modelVersion"] == "gemini-fake"
    assert [e["candidates"][0].get("finishReason") for e in events][-1] == "STOP"
    assert all("finishReason" not in e["candidates"][0] for e in events[:-1])
    assert fake.log[1].streaming


def test_gemini_streams_a_json_array_unless_asked_for_events():
    with FakeProvider(["one two three"]) as fake:
        _, headers, raw = post(fake, GEMINI_STREAM.partition("?")[0])
    assert headers["content-type"].startswith("application/json")
    said = [e["candidates"][0]["content"]["parts"][0]["text"] for e in json.loads(raw)]
    assert "".join(said) == "one two three"


# -- faults -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_an_error_has_the_form_of_its_provider(path):
    fault = Fault(kind="status", status=429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    with FakeProvider(faults=[fault, Fault(kind="status", code="mine")]) as fake:
        status, headers, body = post(fake, path)
        named = json.loads(post(fake, path)[2])["error"]
    error = json.loads(body)["error"]
    assert status == 429
    assert headers["retry-after"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert error["message"] == "injected fault"
    assert {"rate_limit_error", "RESOURCE_EXHAUSTED"} & {error.get("type"), error.get("status")}
    assert "mine" in named.values()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("malformed_json", b'{"id": "x", "choices": ['),
        ("html", b"<!doctype html>"),
        ("empty", b""),
        ("wrong_shape", b'{"hello": ["world"]}'),
    ],
)
def test_a_body_of_another_kind_comes_with_status_200(kind, said):
    with FakeProvider(faults=[Fault(kind=kind)]) as fake:
        status, headers, body = post(fake, CHAT)
    assert status == 200
    assert body.startswith(said)
    assert ("html" in headers["content-type"]) is (kind == "html")


def test_a_refused_connection_is_closed_before_any_byte():
    with (
        FakeProvider(faults=[Fault(kind="refuse")]) as fake,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        post(fake, CHAT)


def test_a_reset_connection_is_reset():
    with (
        FakeProvider(faults=[Fault(kind="reset")]) as fake,
        pytest.raises(ConnectionResetError),
    ):
        post(fake, CHAT)


@pytest.mark.parametrize(("kind", "after"), [("hang", 0), ("stall_stream", 2)])
def test_a_client_that_leaves_is_noticed(kind, after):
    with FakeProvider(faults=[Fault(kind=kind, after=after)]) as fake:
        with connection(fake) as client:
            client.request("POST", CHAT, '{"stream": true}')
            fake.wait_until(lambda log: len(log) == 1)
            time.sleep(0.1)
            assert not fake.log[0].client_left
            if after:  # the client leaves in the middle of the answer
                assert client.getresponse().readline().startswith(b"data: ")
        fake.wait_until(lambda log: log[0].client_left)
        assert fake.log[0].finished is not None


def test_a_client_that_resets_is_noticed_in_a_stream():
    fault = Fault(kind="slow_stream", seconds=0.02)
    with FakeProvider([Turn(text="x" * 4000)], faults=[fault]) as fake:
        client = socket.create_connection(urlsplit(fake.url).netloc.split(":"))
        body = b'{"stream": true}'
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        client.sendall(head + body)
        client.recv(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        fake.wait_until(lambda log: log[0].client_left)


def test_a_client_that_is_gone_when_bytes_are_written_is_noticed():
    with FakeProvider([Turn(text="x" * 30_000_000)]) as fake:
        client = socket.create_connection(urlsplit(fake.url).netloc.split(":"))
        client.sendall(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode())
        client.recv(10)
        client.close()
        fake.wait_until(lambda log: log[0].client_left)


def test_closing_ends_what_hangs():
    with FakeProvider(default_fault=Fault(kind="hang")) as fake, connection(fake) as client:
        client.request("POST", CHAT, "{}")
        fake.wait_until(lambda log: len(log) == 1)
        fake.close()
        with pytest.raises(ConnectionError):
            client.getresponse()


def test_a_hang_may_end_by_itself_and_a_delay_then_answers():
    faults = [Fault(kind="hang", seconds=0.1), Fault(kind="delay", seconds=0.1)]
    with FakeProvider(faults=faults) as fake:
        started = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            post(fake, CHAT)
        assert post(fake, CHAT)[0] == 200
        assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("path", [CHAT, "/v1/embeddings"])
def test_a_cut_body_promises_more_than_it_sends(path):
    with FakeProvider(faults=[Fault(kind="cut_body")]) as fake, connection(fake) as client:
        client.request("POST", path, "{}")
        answer = client.getresponse()
        with pytest.raises(http.client.IncompleteRead) as caught:
            answer.read()
    assert len(caught.value.partial) == int(answer.headers["content-length"]) // 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("after", [0, 1, 2, -1])
def test_a_stream_is_cut_after_that_many_events(path, after):
    fault = Fault(kind="cut_stream", after=after, how="clean")
    with FakeProvider([Turn(text="one two three four")], faults=[fault]) as fake:
        cut, whole = stream(fake, path), stream(fake, path)
    shown = whole[:after]
    if path == CHAT and after < 0:
        shown = whole  # the last event is the end marker, which is no JSON
    assert [json.dumps(e)[:60] for e in cut] == [
        json.dumps(e)[:60].replace("-1", "-0").replace("_1", "_0") for e in shown
    ]


@pytest.mark.parametrize(
    ("how", "error"),
    [("close", http.client.IncompleteRead), ("reset", ConnectionResetError)],
)
def test_a_stream_may_be_closed_or_reset_in_the_middle(how, error):
    fault = Fault(kind="cut_stream", how=how)
    with FakeProvider(faults=[fault]) as fake, connection(fake) as client:
        client.request("POST", streaming(GEMINI), "{}")
        answer = client.getresponse()
        with pytest.raises(error):
            answer.read()


def test_a_stalled_stream_may_end_by_itself():
    fault = Fault(kind="stall_stream", seconds=0.1, after=1)
    with FakeProvider(faults=[fault]) as fake, connection(fake) as client:
        client.request("POST", CHAT, '{"stream": true}')
        with pytest.raises(http.client.IncompleteRead):
            client.getresponse().read()


@pytest.mark.parametrize("path", PATHS)
def test_an_error_event_and_garbage_stand_inside_a_stream(path):
    faults = [Fault(kind="error_in_stream", status=529, after=1), Fault(kind="garbage_event")]
    with FakeProvider([Turn(text="one two three")], faults=faults) as fake:
        error = stream(fake, path)[-1]
        _, _, raw = post(fake, streaming(path), {"stream": True})
    assert "injected fault" in json.dumps(error)
    assert b'data: {"not json\n\n' in raw
    assert raw.count(b"data: ") > 3  # the stream goes on after it


def test_split_characters_arrive_in_small_chunks():
    with (
        FakeProvider(["漢字"], faults=[Fault(kind="split_utf8")]) as fake,
        connection(fake) as client,
    ):
        client.request("POST", streaming(GEMINI), "{}")
        answer = client.getresponse()
        pieces = iter(lambda: answer.read1(100), b"")
        sizes = {len(piece) for piece in pieces}
    assert max(sizes) <= 7


@pytest.mark.parametrize("path", PATHS)
def test_the_event_with_the_finish_can_come_twice(path):
    with FakeProvider(faults=[Fault(kind="duplicate_done")]) as fake:
        events = [json.dumps(event) for event in stream(fake, path)]
    twice = [event for event in set(events) if events.count(event) == 2]
    assert len(twice) == 1
    assert any(sign in twice[0] for sign in ("stop", "STOP", "response.completed", "end_turn"))


def said(fake, path, *, streamed):
    """Return all that is said to a request, as text."""
    return json.dumps(stream(fake, path)) if streamed else post(fake, path)[2].decode()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("streamed", [True, False])
def test_faults_of_the_content_change_the_answer(path, streamed):
    turn = Turn(text="greetings", usage=FakeUsage(input_tokens=4321), chunk_size=20)
    with FakeProvider([turn]) as fake:
        fake.inject(Fault(kind="no_usage"), Fault(kind="empty_choices"), Fault(kind="unknown_tool"))
        no_usage, empty, unknown = (said(fake, path, streamed=streamed) for _ in range(3))
    assert "4321" not in no_usage
    assert "greetings" in no_usage
    assert "greetings" not in empty
    assert "no_such_tool" in unknown


def test_a_chat_stream_without_usage_has_none_even_where_it_was_asked_for():
    body = {"stream": True, "stream_options": {"include_usage": True}}
    with FakeProvider(faults=[Fault(kind="no_usage")]) as fake:
        assert b"usage" not in post(fake, CHAT, body)[2]


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_broken_arguments_are_sent_as_text(path):
    faults = [Fault(kind="bad_tool_args")]
    with FakeProvider([Turn(tool_calls=[CALL])], faults=faults) as fake:
        body = post(fake, path)[2]
    assert json.dumps('{"path": "a.txt')[1:-1].encode() in body


@pytest.mark.parametrize(
    ("path", "fault", "said"),
    [
        (GEMINI, Fault(kind="bad_tool_args"), "are no JSON"),
        (MESSAGES, Fault(kind="bad_tool_args"), "are no JSON"),
        (CHAT, Fault(kind="cut_stream"), "needs a streaming request"),
        (streaming(GEMINI), Fault(kind="cut_body"), "does not stream"),
        ("/v1/embeddings", Fault(kind="no_usage"), "needs a model call"),
    ],
)
def test_a_fault_that_cannot_be_shown_fails_the_test(path, fault, said):
    fake = FakeProvider(faults=[fault])
    with pytest.raises(ValueError, match=said), fake:  # noqa: PT012 - on leaving
        status, _, body = post(fake, path)
        assert status == 400
        assert said in json.loads(body)["error"]["message"]


# -- the small endpoints ------------------------------------------------------------------


def test_models_are_listed():
    with FakeProvider(models=["a", "b"]) as fake, connection(fake) as client:
        client.request("GET", "/v1/models")
        listed = json.loads(client.getresponse().read())
    assert [model["id"] for model in listed["data"]] == ["a", "b"]
    assert fake.log[0].method == "GET"


@pytest.mark.parametrize("coded", ["base64", "float"])
def test_embeddings_come_as_floats_or_in_base64(coded):
    asked = {"input": ["red fox", "blue whale"], "encoding_format": coded, "dimensions": 16}
    with FakeProvider() as fake:
        answer = json.loads(post(fake, "/v1/embeddings", asked)[2])
    vectors = [item["embedding"] for item in answer["data"]]
    if coded == "base64":
        vectors = [struct.unpack("<16f", base64.b64decode(vector)) for vector in vectors]
    assert [len(vector) for vector in vectors] == [16, 16]
    assert all(math.isclose(math.hypot(*vector), 1, rel_tol=1e-6) for vector in vectors)
    assert answer["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize("asked", ["one text", [1, 2, 3], [[1, 2], [3]]])
def test_embeddings_take_a_text_or_token_ids(asked):
    with FakeProvider(embedding_dimensions=8) as fake:
        data = json.loads(post(fake, "/v1/embeddings", {"input": asked})[2])["data"]
    assert len(data) == (2 if asked == [[1, 2], [3]] else 1)
    assert len(data[0]["embedding"]) == 8


def test_texts_with_words_in_common_lie_near_each_other():
    def near(a, b):
        return sum(x * y for x, y in zip(embed(a, 64), embed(b, 64), strict=True))

    assert near("how to close a file", "a file to close") > near("how to close a file", "red fox")
    assert near("same", "same") == pytest.approx(1)
    assert math.hypot(*embed("", 4)) == pytest.approx(1)


def test_words_that_cancel_each_other_out_still_have_a_direction():
    words = [f"w{n}" for n in range(100)]
    plus = next(word for word in words if embed(word, 1) == [1.0])
    minus = next(word for word in words if embed(word, 1) == [-1.0])
    assert embed(f"{plus} {minus}", 1) == [1.0]


def test_gemini_embeds_and_counts():
    content = {"parts": [{"text": "red fox"}]}
    with FakeProvider(embedding_dimensions=8) as fake:
        one = json.loads(post(fake, "/v1beta/models/e:embedContent", {"content": content})[2])
        body = {"requests": [{"content": content, "outputDimensionality": 4}, {}]}
        many = json.loads(post(fake, "/v1beta/models/e:batchEmbedContents", body)[2])
        count = json.loads(post(fake, "/v1beta/models/g:countTokens", {"contents": [content]})[2])
    assert one["embedding"]["values"] == embed("red fox", 8)
    assert [len(e["values"]) for e in many["embeddings"]] == [4, 8]
    assert count["totalTokens"] > 0


def test_anthropic_counts_tokens_and_its_errors_have_its_form():
    path = "/v1/messages/count_tokens"
    with FakeProvider(faults=[None, Fault(kind="status", status=529)]) as fake:
        assert json.loads(post(fake, path, {"messages": ["x" * 400]})[2])["input_tokens"] > 90
        assert json.loads(post(fake, path)[2])["error"]["type"] == "overloaded_error"


def test_a_small_endpoint_can_be_delayed():
    with FakeProvider(faults=[Fault(kind="delay", seconds=0.05)]) as fake:
        started = time.monotonic()
        assert post(fake, "/v1/embeddings", {"input": "x"})[0] == 200
        assert time.monotonic() - started >= 0.05
