"""Shell text on its way to the parser and back."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.text.shell_source import decode, encode


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_text_comes_back_as_it_was(text):
    assert decode(encode(text)) == text


@given(st.text())
def test_the_parser_sees_no_character_beyond_the_tables_of_single_bytes(text):
    assert all(ord(character) <= 0xFF for character in encode(text).decode())


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_stays_as_it_is(text):
    assert encode(text) == text.encode()


def test_no_text_ends_the_process():
    """Characters beyond Latin-1 made the scanner read past a table: in another process, here."""
    code = textwrap.dedent("""
        import random
        from coding_agent_sdk.middleware.guardrails.commands import judge_command
        from coding_agent_sdk.tools.shell_words import plain_commands

        rng = random.Random(1)
        odd = [0, 10, 13, 0x85, 0x2028, 0x1F600, 0x10FFFF]
        for _ in range(3000):
            text = "".join(
                chr(rng.choice([rng.randint(0, 0x2FF), rng.randint(0, 127), rng.choice(odd)]))
                for _ in range(rng.randint(0, 60))
            )
            judge_command(text, workspace="/srv/repo")
            plain_commands(text)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr


def test_a_word_of_another_script_is_read_as_bash_reads_it():
    from coding_agent_sdk.middleware.guardrails.commands import judge_command
    from coding_agent_sdk.tools.shell_words import plain_commands

    assert plain_commands("cat 'résumé x.txt' naïve.md") == [["cat", "résumé x.txt", "naïve.md"]]
    verdict = judge_command("rm -rf /home/ädä/😀", workspace="/srv/repo")
    assert verdict.decision != "allow"
    assert "ädä/😀" in " ".join(verdict.reasons)
