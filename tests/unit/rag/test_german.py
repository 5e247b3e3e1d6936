"""Questions in German find their passages, in German and in English documents."""

import unicodedata

import pytest

from coding_agent_sdk.middleware.rag.asking import asked_in, content_of
from coding_agent_sdk.middleware.rag.tokens import tokenize

DOCUMENTS = {
    "erstattung.md": (
        "# Rückerstattungen\n\nEine Rückerstattung von mehr als 250 Euro braucht die Freigabe "
        "durch zwei Personen.\n"
    ),
    "urlaub.md": "# Urlaub\n\nDer Resturlaub verfällt am 31. März des folgenden Jahres.\n",
    "billing.md": "# Retries\n\nCalls of the billing service are retried 7 times.\n",
    "deploy.md": "# Deployment\n\nTo roll back a release run `deploy --rollback TAG`.\n",
}


def write_documents(repo):
    for name, text in DOCUMENTS.items():
        (repo / name).write_text(text)
    (repo / "guide.md").unlink()


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("Was gilt für Rückerstattungen?", "erstattung.md"),
        (unicodedata.normalize("NFD", "Was gilt für Rückerstattungen?"), "erstattung.md"),
        ("Wann verfällt denn der Resturlaub?", "urlaub.md"),
        ("Wie oft wird der Billing Service aufgerufen?", "billing.md"),
        ("Wie macht man ein Rollback von einem Release?", "deploy.md"),
        ("Bitte prüfe, ob der Billing Service das noch macht", "billing.md"),
    ],
)
async def test_a_german_question_finds_its_passage(build, repo, question, file):
    write_documents(repo)
    async with build() as agent:
        citations = (await agent.run(question)).citations
    assert [citation.source for citation in citations] == [file]


@pytest.mark.parametrize("question", ["Wie ist das Wetter in Berlin?", "Danke, das war gut"])
async def test_a_german_question_that_nothing_answers_finds_nothing(build, repo, question):
    write_documents(repo)
    async with build() as agent:
        assert (await agent.run(question)).citations == ()


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("Wie lange gilt die Frist?", "Frist?"),
        ("Ist das die Frist und der Antrag?", "Frist Antrag?"),
        ("which man page describes the MIT license", "which man page describes the MIT license"),
        ("why did the child die", "why did the child die"),
        ("what is the den of a bin", "what is the den of a bin"),
        ("Wie ist das?", "Wie ist das?"),
    ],
)
def test_little_words_are_taken_out_of_german_questions_alone(question, content):
    assert content_of(question) == content


def test_a_german_word_of_two_forms_is_one_word():
    assert tokenize("Rückerstattungen") == tokenize("Rückerstattung")
    assert tokenize(unicodedata.normalize("NFD", "größere")) == tokenize("größeren")


def test_a_german_greeting_asks_for_nothing():
    assert not asked_in("Hallo, wie ist das?").something
