"""What gives the agent a socket of the sandbox's own network, and becomes the command.

Its source is run inside the sandbox as `python -I -S -c SOURCE FD PORT COMMAND…`. The network there
has nothing but itself; a socket that listens in it and is served from outside is the only way out.
"""

from __future__ import annotations

import os
import signal
import socket
import sys


def main(descriptor: int, port: int, command: list[bytes]) -> None:
    """Listen on *port*, hand the socket to who holds the other end, and become *command*."""
    with socket.socket(fileno=descriptor) as agent, socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        socket.send_fds(agent, [b"+"], [listener.fileno()])
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and so would the command
        signal.signal(number, signal.SIG_DFL)
    os.execve(command[0], command, _handed_over())  # noqa: S606  no shell: the arguments are passed on


def _handed_over() -> dict[bytes, bytes]:
    """Return the environment as it was: Python adds LC_CTYPE where there is no locale."""
    with open("/proc/self/environ", "rb") as file:  # noqa: PTH123  without another import
        lines = file.read().split(b"\0")
    return {name: value for name, sign, value in (line.partition(b"=") for line in lines) if sign}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [os.fsencode(word) for word in sys.argv[3:]])
