"""What gives the agent a socket of the sandbox's own network, and becomes the command.

Its source is run inside the sandbox as `python -I -S -c SOURCE FD PORT COMMAND…`. The network there
has nothing but itself; a socket that listens in it and is served from outside is the only way out.
"""

from __future__ import annotations

import os
import socket
import sys


def main(descriptor: int, port: int, command: list[str]) -> None:
    """Listen on *port*, hand the socket to who holds the other end, and become *command*."""
    with socket.socket(fileno=descriptor) as agent, socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        socket.send_fds(agent, [b"+"], [listener.fileno()])
    os.execv(command[0], command)  # noqa: S606  no shell: the arguments are passed on


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
