"""The chat in a terminal as people have one: keys, a screen, another size."""

import shutil
import subprocess
import time

import pytest

from coding_agent_sdk.testing import FakeToolCall, Fault, Turn

from .conftest import PATIENCE, PROGRAM

TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


class Screen:
    """The chat in tmux: what a person sees, and the keys that he presses."""

    def __init__(self, program, socket, *words, width=80, height=24, **env):
        self._tmux = [TMUX, "-S", str(socket), "-f", "/dev/null"]
        self._env = {**program.env, "TERM": "xterm-256color", **env}
        size = ["-x", str(width), "-y", str(height)]
        # the shell keeps the screen after the chat, and tells its exit code
        shell = [
            "sh",
            "-c",
            'trap : INT; "$@"; echo "ended: $?"; exec cat',
            "sh",
            *PROGRAM,
            "chat",
            *words,
        ]
        self._run("new-session", "-d", "-s", "chat", "-c", str(program.folder), *size, *shell)

    def _run(self, *words):
        done = subprocess.run(
            [*self._tmux, *words], env=self._env, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def keys(self, *keys):
        self._run("send-keys", "-t", "chat", *keys)

    def say(self, text):
        self._run("send-keys", "-t", "chat", "-l", text)
        self.keys("Enter")

    def resize(self, width, height):
        self._run("resize-window", "-t", "chat", "-x", str(width), "-y", str(height))

    @property
    def text(self):
        """The screen with all that has scrolled away, broken lines joined."""
        return self._run("capture-pane", "-p", "-J", "-S", "-", "-t", "chat")

    @property
    def colours(self):
        return self._run("capture-pane", "-p", "-e", "-S", "-", "-t", "chat")

    @property
    def last(self):
        """The last line that is not empty."""
        lines = [line.rstrip() for line in self.text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition(self):
            assert time.monotonic() < end, self.text
            time.sleep(0.05)

    def see(self, text):
        self.until(lambda screen: text in screen.text)

    def prompt(self):
        self.until(lambda screen: screen.last == ">")

    def close(self):
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, timeout=PATIENCE)


@pytest.fixture
def screen(program, tmp_path):
    opened = []
    program.env["CODING_AGENT_WITHOUT"] = "rag"

    def start(*words, **options):
        opened.append(Screen(program, tmp_path / f"tmux-{len(opened)}", *words, **options))
        opened[-1].prompt()
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_a_whole_chat(screen, workspace):
    chat = screen()
    chat.say("Analyze the code")
    chat.see("Analysis complete: 1 issue found")
    chat.see("completed - 2 steps")
    chat.prompt()
    chat.say("run `touch made.txt`")
    chat.see("[y]es")
    chat.say("y")
    chat.see("ended with exit code 0")
    chat.prompt()
    assert (workspace / "made.txt").exists()
    chat.say("/cost")
    chat.see("tokens sent")
    chat.prompt()
    chat.keys("C-d")
    chat.see("ended: 0")
    assert "go on: coding-agent chat --session s-" in chat.text


def test_refused_is_not_run(screen, workspace):
    chat = screen()
    chat.say("run `touch made.txt`")
    chat.see("[y]es")
    chat.say("n I do not want it")
    chat.see("completed")
    chat.prompt()
    assert not (workspace / "made.txt").exists()


def test_ctrl_c_stops_a_command_and_then_clears_the_line(screen):
    chat = screen()
    chat.say("run: sleep 600")
    chat.see("[y]es")
    chat.say("y")
    chat.see("> y")
    chat.keys("C-c")
    chat.see("stopped here")
    chat.prompt()
    chat.keys("never mind")
    chat.see("> never mind")
    chat.keys("C-c")
    chat.see("press Ctrl-D or write /quit to leave")
    chat.prompt()
    chat.say("/quit")
    chat.see("ended: 0")


def test_a_long_answer_scrolls_and_every_line_of_it_stands_once(screen, scripted):
    words = "\n".join(f"- line **{n}** of the answer" for n in range(120))
    scripted([f"# Long\n\n{words}\n\n```python\nx = 'code'\n```\nthe end"])
    chat = screen(height=10)
    chat.say("go")
    chat.see("completed - 1 step")
    chat.prompt()
    shown = [line.rstrip() for line in chat.text.splitlines()]
    assert [line for line in shown if line.startswith("•")] == [
        f"• line {n} of the answer" for n in range(120)
    ]
    assert shown.count("x = 'code'") == 1
    assert "\x1b[1m120" not in chat.colours
    assert "\x1b[1m119" in chat.colours


def test_another_size_in_the_middle_of_an_answer(screen, scripted):
    scripted(
        ["some words of this answer " * 12, "and good"],
        faults=[Fault(kind="slow_stream", seconds=0.1)],
    )
    chat = screen()
    chat.say("go")
    chat.see("some words")
    chat.resize(30, 12)
    chat.see("completed - 1 step")
    chat.resize(100, 30)
    chat.prompt()
    chat.say("again")
    chat.see("and good")
    chat.prompt()
    assert chat.text.split().count("answer") == 12


def test_another_size_at_the_prompt_keeps_what_was_typed(screen, scripted):
    fake = scripted(["ok"])
    chat = screen()
    chat.keys("half a")
    chat.see("> half a")
    chat.resize(40, 10)
    chat.keys(" line")
    chat.see("half a line")
    chat.keys("Enter")
    chat.see("completed")
    assert fake.log[0].body["messages"][-1]["content"] == "half a line"


def test_commands_are_shown_while_they_are_typed(screen):
    chat = screen()
    chat.keys("/mo")
    chat.see("Show the model, or go on with another one.")
    chat.keys("BSpace", "BSpace", "BSpace")
    chat.prompt()
    chat.say("/tols")
    chat.see("there is no command /tols, did you mean /tools?")


def test_the_last_line_is_called_back_and_edited(screen, scripted):
    fake = scripted(["ok", "ok"])
    chat = screen()
    chat.say("say on")
    chat.see("completed")
    chat.prompt()
    chat.keys("Up")
    chat.see("> say on")
    chat.keys("BSpace", "BSpace")
    chat.say("more")
    chat.until(lambda each: each.text.count("completed") == 2)
    assert fake.log[-1].body["messages"][-1]["content"] == "say more"


def test_hostile_output_leaves_the_screen_as_it_is(screen, scripted):
    reading = FakeToolCall(name="read_file", arguments={"path": "\x1b[2Jx"}, id="r")
    scripted([Turn(tool_calls=[reading]), "\x1b[2J\x1b[Hwiped \x1b]0;pwned\x07\x9b2J end"])
    chat = screen()
    chat.say("go")
    chat.see("end")
    chat.see("completed")
    assert "/help lists the commands" in chat.text
    assert "\\x1b[2J\\x1b[Hwiped" in chat.text
    assert "pwned" not in chat._run("display-message", "-p", "-t", "chat", "#{pane_title}")


def test_a_diff_is_shown_before_a_write(screen, scripted, workspace):
    edit = {"path": "a.py", "old": "return 1", "new": "return 2"}
    scripted([Turn(tool_calls=[FakeToolCall(name="edit_file", arguments=edit, id="e")]), "done"])
    chat = screen()
    chat.say("go")
    chat.see("+    return 2")
    chat.see("[y]es")
    assert "return 1" in (workspace / "a.py").read_text()
    chat.say("y")
    chat.see("changed a.py")
    assert "return 2" in (workspace / "a.py").read_text()
