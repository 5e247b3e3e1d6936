"""Real Jupyter kernels: run cells in them, answer their questions, interrupt them."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from queue import Empty

from jupyter_client.manager import KernelManager

PATIENCE = 60.0


class Cell:
    """What came of a cell: `outputs` as they stand in the end, `shown` all that stood there."""

    def __init__(self):
        self.outputs, self.shown, self.questions = [], [], []
        self.error = None
        self._places = {}

    def take(self, kind, content):
        """Take in a message as a notebook does."""
        if kind in {"display_data", "execute_result"}:
            self.shown.append(content["data"])
            place = content.get("transient", {}).get("display_id")
            if place is not None:
                self._places[place] = len(self.outputs)
            self.outputs.append(content["data"])
        elif kind == "update_display_data":
            self.shown.append(content["data"])
            self.outputs[self._places[content["transient"]["display_id"]]] = content["data"]
        elif kind == "stream":
            self.outputs.append({"text/plain": content["text"], "name": content["name"]})
        elif kind == "error":
            self.error = content

    @property
    def text(self):
        """Return all plain text that stands there in the end."""
        return "\n".join(output["text/plain"] for output in self.outputs)

    @property
    def html(self):
        """Return all HTML that stands there in the end."""
        return "\n".join(output.get("text/html", "") for output in self.outputs)


class Kernel:
    """A kernel and its client."""

    def __init__(self, manager):
        self._manager = manager
        self._client = manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)

    def run(self, code, *, answers=None, interrupt=None):
        """Run a cell to its end.

        Args:
            code: The cell.
            answers: What is typed, one for each question; None for a kernel without input.
            interrupt: Called with the cell after each message; interrupts where it is true.
        """
        cell = Cell()
        typed = list(answers or [])
        asked = self._client.execute(code, allow_stdin=answers is not None)
        end = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end, f"the cell does not end: {cell.text}"
            self._answer(cell, typed)
            try:
                message = self._client.get_iopub_msg(timeout=0.05)
            except Empty:
                pass
            else:
                if message["parent_header"].get("msg_id") != asked:
                    continue
                kind, content = message["msg_type"], message["content"]
                if kind == "status" and content["execution_state"] == "idle":
                    break
                cell.take(kind, content)
            if interrupt is not None and interrupt(cell):
                interrupt = None
                self._manager.interrupt_kernel()
        self._client.get_shell_msg(timeout=PATIENCE)
        return cell

    def _answer(self, cell, typed):
        try:
            question = self._client.get_stdin_msg(timeout=0)
        except Empty:
            return
        cell.questions.append(question["content"]["prompt"])
        if typed:
            self._client.input(typed.pop(0))

    def close(self):
        """End the kernel, and let it say goodbye."""
        self._manager.shutdown_kernel()
        self._client.stop_channels()
        self._manager.cleanup_resources()


@contextmanager
def running_kernel(folder, home):
    """Run a kernel in a folder, with settings of its own."""
    ours = ("CODING_AGENT_", "ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {
        "CODING_AGENT_HOME": str(home),
        "CODING_AGENT_WITHOUT": "rag",
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(home),
    }
    manager = KernelManager(connection_file=str(home / "kernel.json"))
    manager.start_kernel(cwd=str(folder), env=environment)
    try:
        kernel = Kernel(manager)
        try:
            yield kernel
        finally:
            kernel.close()
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
