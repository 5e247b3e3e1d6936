"""When each process of a tree was gone, told by the kernel and not by looking again and again."""

from __future__ import annotations

import os
import select
import threading
import time


class Deaths:
    """Watches processes, by what they are called."""

    def __init__(self, processes):
        self.at = {}
        """The time, by `time.monotonic`, at which each was gone."""
        self._files = {}
        for name, pid in processes.items():
            try:
                self._files[os.pidfd_open(pid)] = name
            except ProcessLookupError:
                self.at[name] = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def wait(self, seconds):
        """Wait until all are gone; return whether they are."""
        self._thread.join(seconds)
        return not self._files

    def since(self, began):
        """Return the seconds from *began* to each death."""
        return {name: at - began for name, at in self.at.items()}

    def _watch(self):
        poll = select.poll()
        for file in self._files:
            poll.register(file, select.POLLIN)
        while self._files:
            for file, _ in poll.poll():
                self.at[self._files[file]] = time.monotonic()
                poll.unregister(file)
                os.close(file)
                del self._files[file]
