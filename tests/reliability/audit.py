"""Starts `weft` with an audit hook that writes down what its process imports, opens and runs.

Each line of the file that WEFT_TEST_AUDIT names: the time (time.monotonic), the event, its
arguments. Child processes are not watched.
"""

from __future__ import annotations

import os
import sys
import time

WATCHED = {
    "import",
    "compile",
    "open",
    "ctypes.dlopen",
    "marshal.load",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pickle.find_class",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def watch(path: str) -> None:
    """Write down what happens in this process from now on."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    own = os.getpid()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in WATCHED or os.getpid() != own:
            return
        if event == "open" and isinstance(arguments[2], int) and not arguments[2] & WRITING:
            event = "read"
        if event == "import":
            arguments = arguments[:1]
        os.write(log, f"{time.monotonic()} {event} {arguments!r}"[:600].encode() + b"\n")

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(os.environ["WEFT_TEST_AUDIT"])
    from weft.cli import main

    sys.exit(main())  # type: ignore[func-returns-value]
