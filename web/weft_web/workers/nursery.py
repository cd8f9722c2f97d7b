"""The process from which worker processes are forked, and the server's handle on it.

It has imported torch and the engine but never touches a device, so a new worker is there in
milliseconds, and the server itself imports neither. When the server ends, however it ends, the
nursery kills every worker and ends too; when the nursery is killed, the kernel kills them (Linux),
or they notice that the server's end of their connection is closed.

multiprocessing's forkserver would do much of this, but it imports the server's main module in
every child, blocks the caller until the first child is there, and leaves a child alone that hangs
when the server dies.

One JSON object per line: {"fork": order} with two file descriptors is answered by {"pid": pid};
{"kill": pid} by nothing; {"warm": functions} by {"warm": true} once they have been called, one at a
time, in between; every end of a worker is told as {"ended": pid, "status": status}.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

PRELOADED = ("torch", "PIL.Image", "weft.engine", "weft_web.workers.child", "safetensors.torch")
START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from weft_web.workers.nursery import main; main()"
)
PR_SET_PDEATHSIG = 1
LINE = 1 << 20


class NurseryDiedError(OSError):
    """The nursery is gone."""


class Nursery:
    """The server's handle, which calls back on the event loop.

    ended: called with a pid and an exit status. warmed: called when `warm` has done its work.
    """

    def __init__(self, ended: Callable[[int, int], None], warmed: Callable[[], None]) -> None:
        self._ended = ended
        self._warmed = warmed
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._held = b""
        self._reply: asyncio.Future[int] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def fork(self, order: Mapping[str, Any], sockets: Sequence[socket.socket]) -> int:
        """Fork a worker that owns the sockets, and return its pid; starts the nursery first where
        it is not there. Raises NurseryDiedError, or OSError where there is no room for a process.
        """
        async with self._one_at_a_time:
            if self._socket is None:
                self._start()
            assert self._socket is not None
            self._reply = asyncio.get_running_loop().create_future()
            line = json.dumps({"fork": order}).encode() + b"\n"
            try:
                socket.send_fds(self._socket, [line], [one.fileno() for one in sockets])
            except OSError as error:
                self._gone()
                raise NurseryDiedError("the process that makes workers is gone") from error
            return await self._reply

    def kill(self, pid: int) -> None:
        """Kill a worker, and what it started, unless it is gone already."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.send(json.dumps({"kill": pid}).encode() + b"\n")

    def warm(self, functions: Sequence[str]) -> None:
        """Have functions called, so that workers forked from then on hold what they import."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.send(json.dumps({"warm": list(functions)}).encode() + b"\n")

    async def close(self) -> None:
        """Kill every worker and end the nursery."""
        process = self._process
        self._gone()
        if process is not None:
            await asyncio.to_thread(_reap, process)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        # Modules are looked for where this process does: tests and notebooks extend the path.
        places = json.dumps([one for one in sys.path if one])
        command = [sys.executable, "-P", "-c", START, str(theirs.fileno()), places]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in a terminal is for the server alone
                env=worker_environment(),
            )
        ours.setblocking(False)
        self._socket = ours
        self._held = b""
        asyncio.get_running_loop().add_reader(ours.fileno(), self._readable)

    def _readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            process = self._process
            self._gone()
            if process is not None:
                process.kill()
                process.wait()  # it has closed its socket, so it is ending
            return
        *lines, self._held = (self._held + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "ended" in said:
                self._ended(said["ended"], said["status"])
            elif "warm" in said:
                self._warmed()
            elif self._reply is not None and not self._reply.done():
                if "pid" in said:
                    self._reply.set_result(said["pid"])
                else:
                    self._reply.set_exception(OSError(said["error"]))

    def _gone(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
        self._socket = self._process = None
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(
                NurseryDiedError("the process that makes workers ended; its messages say why")
            )


def worker_environment() -> dict[str, str]:
    """What workers find in their environment: this process's, without the token.

    OpenMP's threads wait asleep: spinning, they take the processor from the server and from each
    other whenever anything else runs, and a step takes several times as long.

    torch asks the driver's library whether there is a CUDA device. Its own way starts CUDA, and
    once a library that is imported ahead has asked so in the nursery, no worker forked from there
    can use a device any more.
    """
    kept = {name: value for name, value in os.environ.items() if name != "WEFT_TOKEN"}
    return {"OMP_WAIT_POLICY": "passive", "PYTORCH_NVML_BASED_CUDA_CHECK": "1", **kept}


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(1)  # longer only while it still imports; then it has no workers yet
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- in the nursery -----------------------------------------------------------------------------


class _Server:
    """The other end, as the nursery sees it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.held = b""

    def tell(self, **said: object) -> None:
        """Say something. Ends the nursery where nobody listens any more."""
        try:
            self.connection.sendall(json.dumps(said).encode() + b"\n")
        except OSError:
            _end()

    def orders(self) -> list[tuple[dict[str, Any], list[int]]]:
        """What is wanted, each with the file descriptors that came along."""
        try:
            data, fds, _, _ = socket.recv_fds(self.connection, LINE, 2)
        except OSError:  # it ended before it read all that was said
            data, fds = b"", []
        if not data:
            _end()
        *lines, self.held = (self.held + data).split(b"\n")
        found: list[tuple[dict[str, Any], list[int]]] = [(json.loads(line), []) for line in lines]
        if fds:  # the server waits for an answer before it sends others
            next(given for order, given in reversed(found) if "fork" in order).extend(fds)
        return found


_living: set[int] = set()


def _end() -> NoReturn:
    """Kill every worker, and end."""
    for pid in _living:
        _kill(pid)
    os._exit(0)


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # the group is not there yet while a child begins
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def _reap_workers(server: _Server) -> None:
    while _living:
        try:
            seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if seen is None:
            return
        pid = seen.si_pid
        if pid in _living:
            _kill(pid)  # what it started ends with it; as long as it is not reaped, so is its id
        _, status = os.waitpid(pid, 0)
        if pid in _living:
            _living.discard(pid)
            server.tell(ended=pid, status=os.waitstatus_to_exitcode(status))


def _fork(server: _Server, order: dict[str, Any], fds: list[int], pipe: tuple[int, int]) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        for fd in fds:
            os.close(fd)
        server.tell(error=f"no process could be made: {error}")
        return
    if pid == 0:
        _become_worker(server, order, fds, pipe)
    for fd in fds:
        os.close(fd)
    _living.add(pid)
    server.tell(pid=pid)


def _become_worker(
    server: _Server, order: dict[str, Any], fds: list[int], pipe: tuple[int, int]
) -> NoReturn:
    status = 1
    try:
        parent = os.getppid()
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for fd in pipe:
            os.close(fd)
        server.connection.close()
        gc.enable()
        jobs, control = (socket.socket(fileno=fd) for fd in fds)
        import_module("weft_web.workers.child").main(order, jobs, control)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _warm(function: str) -> None:
    """Call "module:name". Whatever it does wrong, workers can be made without it."""
    module, _, name = function.partition(":")
    try:
        getattr(import_module(module), name)()
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
        print(f"{function} failed; the first job will take longer: {said}", file=sys.stderr)


def main() -> NoReturn:
    """The nursery's life. Its argument is the file descriptor of its connection."""
    server = _Server(socket.socket(fileno=int(sys.argv[1])))
    for kind in (signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    reading, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    os.set_blocking(reading, False)
    # What nodes print must not mix with what a command writes to its standard output.
    os.dup2(2, 1)
    for name in PRELOADED:
        import_module(name)
    gc.collect()
    gc.freeze()  # the workers share these pages as long as nobody's collector writes to them
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    selector.register(server.connection, selectors.EVENT_READ)
    selector.register(reading, selectors.EVENT_READ)
    warming: list[str] = []
    while True:
        ready = selector.select(0 if warming else None)
        if not ready:
            _warm(warming.pop(0))
            if not warming:
                gc.collect()
                gc.freeze()
                server.tell(warm=True)
        for key, _ in ready:
            if key.fileobj is server.connection:
                for order, fds in server.orders():
                    if "fork" in order:
                        _fork(server, order["fork"], fds, (reading, wakeup))
                    elif "warm" in order:
                        warming += order["warm"]
                    elif order["kill"] in _living:
                        _kill(order["kill"])
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(reading, 4096)
                _reap_workers(server)
