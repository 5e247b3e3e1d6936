"""The index in memory: what ranks first, what is quoted, and that it follows its files."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.rag.passage_index import PassageIndex, lex_of
from coding_agent_sdk.protocols import KnowledgeChunk


def chunk(file, text, *, start=1, context=None, user="", lex=None):
    context = context or file
    return KnowledgeChunk(
        id=f"{file}{start}", file=file, start=start, end=start + text.count("\n"), context=context,
        text=text, lex=lex_of(context, text) if lex is None else lex, hash=f"hash of {file}",
        user=user,
    )  # fmt: skip


def index_of(*chunks):
    index = PassageIndex()
    for each in chunks:
        index.replace([each.file], [each])
    return index


def files(hits):
    return [hit.chunk.file for hit in hits]


def test_an_empty_index_finds_nothing():
    assert PassageIndex().search("anything", k=5) == []
    assert len(PassageIndex()) == 0


def test_a_rare_word_counts_more_than_a_common_one():
    index = index_of(*(chunk(f"{n}.md", "billing " * 3) for n in range(9)), chunk("x.md", "retry"))
    assert files(index.search("billing retry", k=1)) == ["x.md"]


def test_none_are_given_where_none_are_wanted():
    index = index_of(chunk("a.md", "word"))
    assert index.search("word", k=0) == []
    assert index.search("", k=5) == []
    assert index.search("the of and", k=5) == []
    assert index.search("other", k=5) == []


def test_words_next_to_each_other_count_more_than_words_apart():
    filler = "one two three four five six seven eight"
    index = index_of(
        chunk("apart.md", f"circuit {filler} breaker"),
        chunk("near.md", f"circuit breaker {filler}"),
    )
    assert files(index.search("circuit breaker", k=2)) == ["near.md", "apart.md"]


def test_a_word_said_twice_is_no_pair():
    index = index_of(chunk("a.md", "retry retry"), chunk("b.md", "retry now"))
    assert len(index.search("retry retry", k=5)) == 2


def test_headings_count_more_than_text():
    index = index_of(
        chunk("a.md", "about retries and more words", context="a.md > Other"),
        chunk("b.md", "about budgets and more words", context="b.md > Retries"),
    )
    assert files(index.search("retries", k=2)) == ["b.md", "a.md"]


def test_the_definition_of_a_name_comes_first():
    uses = chunk("uses.py", "open_store()\n" * 30)
    defines = chunk(
        "defines.py", "def open_store():\n    return 1", context="defines.py > open_store"
    )
    assert files(index_of(uses, defines).search("open_store", k=2)) == ["defines.py", "uses.py"]
    assert files(index_of(uses, defines).search("where is open_store", k=1)) == ["defines.py"]


def test_a_definition_of_the_place_itself_goes_before_one_inside_an_example():
    example = chunk("guide.md", "```\ndef hook():\n    pass\n```", context="guide.md > Hooks")
    real = chunk("spec.py", "def hook():\n    pass", context="spec.py > hook")
    for order in ((example, real), (real, example)):
        assert files(index_of(*order).search("hook", k=2))[0] == "spec.py"


def test_a_qualified_name_means_the_one_in_its_class():
    mine = chunk("a.py", "def open(self):\n    pass", context="a.py > Store > open")
    other = chunk("b.py", "def open(self):\n    pass\nopen open", context="b.py > Door > open")
    assert files(index_of(other, mine).search("Store.open", k=2))[0] == "a.py"


def test_constants_and_fields_are_definitions_too():
    text = "LIMIT: Final = 3"
    index = index_of(chunk("use.py", "x(LIMIT) " * 9), chunk("a.py", text))
    assert files(index.search("LIMIT", k=1)) == ["a.py"]


def test_a_quotation_ends_where_the_passage_turns_to_something_else():
    text = "## Retries\n\n" + "retry again " * 40 + "\n\n## Colours\n\n" + "blue green " * 40
    index = index_of(chunk("a.md", text, start=11))
    (hit,) = index.search("retry", k=1)
    assert (hit.chunk.start, hit.end) == (11, 13)
    assert hit.text == "\n".join(text.split("\n")[:3])
    (whole,) = index.search("retry blue", k=1)
    assert whole.text == text


def test_within_a_section_nothing_is_left_out():
    text = "## Retries\n\n" + "retry again " * 40 + "\n\nThe number is seven. " + "so " * 90
    (hit,) = index_of(chunk("a.md", text)).search("retry", k=1)
    assert hit.text == text


def test_underlined_titles_and_definitions_are_parts_too():
    for second in ("Colours\n-------\n\nblue", "def colours():\n    return 1", "@cache\nclass C:"):
        text = "retry " * 150 + f"\n\n{second} " + "green " * 10
        (hit,) = index_of(chunk("a.txt", text)).search("retry", k=1)
        assert hit.end == 1, second


def test_coverage_is_the_share_of_the_question_that_a_passage_speaks_of():
    index = index_of(chunk("a.md", "billing retries"), chunk("b.md", "colours"))
    (full,) = index.search("billing retries", k=1)
    assert full.coverage == pytest.approx(1.0)
    (half,) = index.search("billing weather", k=1)
    assert 0.2 < half.coverage < 0.6
    (rare,) = index.search("billing zanzibar unheard things", k=1)
    assert rare.coverage < 0.3


def test_passages_of_another_user_are_not_found():
    index = index_of(
        chunk("a.py", "def secret_plan(): 1", user="ada"), chunk("b.py", "def secret_plan(): 2")
    )
    assert set(files(index.search("secret_plan", k=5, user="ada"))) == {"a.py", "b.py"}
    assert files(index.search("secret_plan", k=5, user="bob")) == ["b.py"]
    assert files(index.search("secret_plan", k=5)) == ["b.py"]
    assert [each.file for each in index.chunks_of("ada")] == ["a.py"]


def test_tokens_of_a_store_that_do_not_fit_are_made_anew():
    for lex in ("", "wrong", "a\nb\nc\nd"):
        index = index_of(chunk("a.md", "billing retries", lex=lex))
        assert files(index.search("retries", k=1)) == ["a.md"]


def test_replacing_a_file_leaves_nothing_of_it_behind():
    index = index_of(chunk("a.md", "old words"), chunk("b.md", "other"))
    index.replace(["a.md"], [chunk("a.md", "new text")])
    assert index.search("old", k=5) == []
    assert files(index.search("new", k=5)) == ["a.md"]
    assert index.hashes() == {"a.md": "hash of a.md", "b.md": "hash of b.md"}
    index.replace(["a.md", "never.md"], [])
    assert len(index) == 1
    index.clear()
    assert (len(index), index.hashes(), index.search("other", k=1)) == (0, {}, [])


WORDS = st.lists(
    st.sampled_from(["retry", "budget", "def f():", "Store", "x = 1", "\n", "\n\n# h"])
)
CHANGES = st.lists(st.tuples(st.sampled_from("abcd"), st.none() | WORDS), max_size=15)


@settings(max_examples=60)
@given(changes=CHANGES)
def test_an_index_that_was_changed_ranks_as_one_that_was_built_anew(changes):
    index, now = PassageIndex(), {}
    for file, words in changes:
        made = [] if words is None else [chunk(file, " ".join(words) or "-")]
        index.replace([file], made)
        now.pop(file, None)
        if made:
            now[file] = made
    fresh = PassageIndex()
    for file, made in now.items():
        fresh.replace([file], made)
    assert index._postings == {
        token: {
            index._files[fresh._entries[slot].chunk.file][0]: count for slot, count in p.items()
        }
        for token, p in fresh._postings.items()
    }
    for query in ("retry budget", "Store", "f", "retry retry budget x"):
        assert files(index.search(query, k=9)) == files(fresh.search(query, k=9))


def test_it_may_be_filled_while_it_is_searched():
    index = index_of(chunk("a.md", "retry words"))
    stop = threading.Event()
    failures = []

    def fill():
        try:
            for number in range(400):
                index.replace([f"{number % 7}.md"], [chunk(f"{number % 7}.md", f"retry {number}")])
        except Exception as error:
            failures.append(error)
        finally:
            stop.set()

    thread = threading.Thread(target=fill)
    thread.start()
    while not stop.is_set():
        assert index.search("retry", k=3)
    thread.join()
    assert failures == []
    assert len(index) == 8
