"""What runs beside a submission: its cells in order, once, then each answer in a fork of that.

Stands alone: it is given values.py, wire.py and standin.py, and nothing else of the course. It
takes one request at a time on the pipe it was started with and sends one reply to each. It holds
no truth and no verdict; whatever the submitted code does in here, it can only give results.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import gc
import importlib.util
import inspect
import json
import linecache
import os
import signal
import sys
import time
import traceback
import types

BROKEN = 70  # exit code: what the submission changed in Python kept this file from working
MORE_SECONDS = 2.0  # for the definitions in a cell whose time is up
NAME_SECONDS = 2.0  # for an answer to tell its parameters
FORK_TRIES, FORK_AGAIN = 40, 0.05  # how often, and the seconds between
CALL_AGAIN = 0.2  # seconds between two alarms, for code that catches the first


def main(settings: dict) -> None:
    """Serve until the judge closes the pipe."""
    requests, replies = _take_pipes()
    if settings["own_session"] and hasattr(os, "setsid"):
        os.setsid()  # a signal to its own process group reaches only itself
    sys.path += settings["site"]
    values, wire, standin = (_load(name, settings[name]) for name in ("values", "wire", "standin"))
    standin.install()
    _limit(settings)
    Server(requests, replies, values, wire, settings).serve()


def _take_pipes() -> tuple[int, int]:
    """Put the pipes of the wire aside; what is printed goes to the third, stderr."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, replies


def _load(name: str, path: str):
    """A module from its file, under its bare name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _limit(settings: dict) -> None:
    """Memory, file size, files and processes; and no longer root, since limits do not bind root."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    if settings["become"]:
        _become(settings["become"])
    for name, most in settings["limits"].items():
        which = getattr(resource, name, None)
        if which is not None:
            _lower(resource, which, most)
    if hasattr(os, "fork"):
        with contextlib.suppress(ValueError):  # a system with a limit of its own keeps that
            _leave_room_to_fork(resource, settings["limits"]["RLIMIT_NPROC"])


def _lower(resource, which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them
        resource.setrlimit(which, (most, most if which != resource.RLIMIT_NPROC else hard))


def _leave_room_to_fork(resource, most: int) -> None:
    """Linux before 5.14 counts all the processes of the user, here and outside: find the room."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    while most < 2**16:
        try:
            child = os.fork()
        except OSError:
            most *= 2
            resource.setrlimit(resource.RLIMIT_NPROC, (most, hard))
            continue
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        break
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _become(user: int) -> None:
    """Give up root, unless Python's own files could not be read any more."""
    os.setgroups([])
    os.setegid(user)
    os.seteuid(user)
    readable = os.access(os.__file__, os.R_OK, effective_ids=True)
    os.seteuid(0)
    os.setegid(0)
    if readable:
        os.setgid(user)
        os.setuid(user)


class Server:
    """The cells' namespace, and the loop of request and reply."""

    def __init__(self, requests: int, replies: int, values, wire, settings: dict):
        self.requests, self.replies = requests, replies
        self.values, self.wire, self.settings = values, wire, settings
        self.main = types.ModuleType("__main__")
        # A learner may have deleted the cell of imports after it had been run.
        self.main.__dict__.update(np=values.np, display=_nothing, get_ipython=_nothing)
        builtins.exit = builtins.quit = sys.exit  # a notebook has them, a bare Python does not
        sys.modules["__main__"] = self.main
        self.answers: dict[str, object] = {}
        self.helpers: dict[str, dict] = {}  # functions and modules, as each answer's cell left them
        self.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # what a notebook compiles its cells with
        self.number = 0  # of the request that is being answered
        self.pid = os.getpid()

    def serve(self) -> None:
        """One request, one reply, until the pipe is closed."""
        forks = hasattr(os, "fork")
        self.send({"ready": True, "forks": forks})
        actions = (
            {"cell": self.cell, "open": self.open}
            if forks
            else {"cell": self.cell, "open": self.stay, "ask": self.ask}
        )
        while (request := self.receive()) is not None:
            actions.get(request[0]["do"], self.refuse)(*request)

    def refuse(self, _header, _body) -> None:
        """A question for a fork that has just died: whoever asked it is told so already."""
        self.send({})

    def receive(self):
        request = self.wire.read_frame(lambda size: os.read(self.requests, size))
        self.number = request and request[0]["id"]
        return request

    def send(self, header: dict, chunks=()) -> None:
        if os.getpid() != self.pid:  # submitted code forked: only one of the two goes on
            os._exit(0)
        data = memoryview(self.wire.frame({**header, "id": self.number}, chunks))
        while data:
            data = data[os.write(self.replies, data) :]

    # The cells

    def cell(self, header: dict, _body) -> None:
        """Run some statements of a cell, each on its own: an error in one leaves the others."""
        name, source = f"<cell {header['number']}>", header["source"]
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        wanted = [n for i, n in enumerate(ast.parse(source).body) if i not in header["skip"]]
        failure, last = None, 0
        try:
            with Alarm(self.values.TimeUp, header["seconds"]):
                for last, statement in enumerate(wanted):  # noqa: B007  where it stopped
                    if header["run"] == "all" or is_definition(statement):
                        failure = self.statement(statement, name) or failure
        except self.values.TimeUp as error:
            failure = self.failure(error)
            more = Alarm(self.values.TimeUp, MORE_SECONDS, self.settings["patience"])
            with contextlib.suppress(self.values.TimeUp), more:
                for statement in filter(is_definition, wanted[last + 1 :]):
                    self.statement(statement, name)
        for answer in header["answers"]:
            if answer in self.main.__dict__:
                self.answers[answer] = self.main.__dict__[answer]
                self.helpers[answer] = {n: v for n, v in self.main.__dict__.items() if _helps(v)}
        if failure and os.getpid() == self.pid:
            self.sweep()
        self.send({"failure": vars(failure) if failure else None})

    def statement(self, statement: ast.stmt, name: str):
        try:
            code = compile(ast.Module([statement], []), name, "exec", self.flags, dont_inherit=True)
            self.flags |= code.co_flags & annotations.compiler_flag  # it holds in later cells too
            waits = eval(code, self.main.__dict__)
            if code.co_flags & inspect.CO_COROUTINE:
                importlib.import_module("asyncio").run(waits)
        except self.values.TimeUp:
            raise
        except BaseException as error:
            return self.failure(error)
        return None

    def failure(self, error: BaseException):
        here = types.SimpleNamespace(__globals__=self.main.__dict__)
        if isinstance(error, self.values.TimeUp):
            return self.values.Failure("time", "TimeUp", "", *self.values.own_line(error, here))
        return self.values.failure_of(error, here)

    # The answers

    def open(self, header, _body) -> None:
        """Answer from a fork, and tell how it ended."""
        self.values.as_value(self.values.np.zeros(1))  # it imports more at its first array
        gc.freeze()  # what is there now is not looked at in the fork, and its memory stays shared
        self.sweep()
        child = self.fork()
        if child:
            _, status = os.waitpid(child, 0)
            _end_group(child)
            self.send({"ended": status})
            return
        status, self.pid = BROKEN, os.getpid()
        try:
            os.setsid()
            _limit_cpu(self.settings["answer_cpu"])
            self.begin(header)
            while (request := self.receive()) is not None and request[0]["do"] == "ask":
                self.ask(*request)
            status = 0
        finally:
            os._exit(status)

    def sweep(self) -> None:
        """End what the cells left running: a fork bomb would take the answers' time."""
        if not self.settings["own_session"]:
            return
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)  # all that this sandbox holds, but for this process
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)

    def fork(self) -> int:
        """Fork, as soon as what was swept away is gone from the count of processes."""
        for _ in range(FORK_TRIES):
            try:
                return os.fork()
            except OSError:
                time.sleep(FORK_AGAIN)
        return os.fork()

    def stay(self, header, _body) -> None:
        """No fork on this system: the judge starts a fresh process for the next exercise."""
        self.begin(header)

    def begin(self, header: dict) -> None:
        """Tell what there is to ask; if wished, with its helpers as they were after its cell."""
        told = {**self.about(header["name"]), "moved": self.moved(header["name"])}
        if header["then"]:
            self.main.__dict__.update(self.helpers.get(header["name"], {}))
        self.send({"open": True, **told})

    def moved(self, name: str) -> list[str]:
        """Helpers that a cell below the answer's has taken away, or put something else in place of."""
        now = self.main.__dict__
        then = self.helpers.get(name, {})
        return [n for n, value in then.items() if n != name and now.get(n) is not value][:20]

    def find(self, name: str):
        return self.answers.get(name, self.main.__dict__.get(name))

    def about(self, name: str) -> dict:
        """Whether there is such an answer, and the names of its parameters if it tells them."""
        function = self.find(name)
        try:
            with Alarm(self.values.TimeUp, NAME_SECONDS, self.settings["patience"]):
                parameters = [
                    [p.name, int(p.kind), p.default is not p.empty]
                    for p in inspect.signature(function).parameters.values()
                ]
        except BaseException:
            parameters = None
        return {"bound": function is not None, "parameters": parameters}

    def ask(self, header: dict, body: bytes) -> None:
        """The calls of one case."""
        calls, seen = self.wire.unpack_calls(header["calls"], body)
        function = self.find(header["name"])
        outcomes = []
        try:
            with Alarm(self.values.TimeUp, header["seconds"], self.settings["patience"]):
                for call in calls:
                    outcomes.append(self.values.run_call(function, call))
                    if outcomes[-1].failure:
                        break
        except self.values.TimeUp as error:
            line = self.values.own_line(error, function)
            outcomes.append(self.values.Outcome(failure=self.values.Failure("time", "", "", *line)))
        self.send_outcomes(outcomes[: len(calls)], seen)

    def send_outcomes(self, outcomes: list, seen: list) -> None:
        try:
            packed, chunks = self.wire.pack_outcomes(outcomes, seen)
            self.send({"outcomes": packed}, chunks)
        except self.wire.BadFrame as error:
            large = self.values.Failure("size", "TooLarge", str(error))
            packed, chunks = self.wire.pack_outcomes([self.values.Outcome(failure=large)])
            self.send({"outcomes": packed}, chunks)


DEFINITIONS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)


def is_definition(statement: ast.stmt) -> bool:
    """What still runs of a cell that ended the process, or of one of the course's own.

    Imports, functions, classes, and names for plain data (which may be made with NumPy) or for the
    learner's own functions.
    """
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return isinstance(statement, DEFINITIONS)
    calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    roots = [call.value if isinstance(call, ast.Attribute) else call for call in calls]
    names = [root.id if isinstance(root, ast.Name) else "" for root in roots]
    return all(name in ("np", "yours_or_ours") for name in names)


class Alarm:
    """Raises `error` in the block when its time is up, again and again until it is left.

    seconds: of the processor. On the clock it is `patience` times as long: others may be busy.
    """

    def __init__(self, error: type[BaseException], seconds: float, patience: float = 1.0):
        self.error = error
        self.timers = []
        if hasattr(signal, "setitimer"):  # not on Windows
            self.timers = [
                (signal.ITIMER_PROF, signal.SIGPROF, seconds),
                (signal.ITIMER_REAL, signal.SIGALRM, patience * seconds),
            ]

    def __enter__(self):
        with contextlib.suppress(self.error):  # it rings again, in the block
            for timer, number, seconds in self.timers:
                signal.signal(number, self.ring)
                signal.setitimer(timer, seconds, CALL_AGAIN)

    def ring(self, *_):
        raise self.error

    def __exit__(self, *_):
        left = list(self.timers)
        while left:
            try:
                signal.setitimer(left[-1][0], 0)
                signal.signal(left[-1][1], signal.SIG_IGN)
                left.pop()
            except self.error:  # it rang on the way out
                pass


def _limit_cpu(seconds: int) -> None:
    """The kernel ends a fork that burns time inside C, where no alarm is heard."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _end_group(leader: int) -> None:
    """End what an answer left running in its own process group."""
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _helps(value) -> bool:
    return callable(value) or type(value) is types.ModuleType


def _nothing(*_args, **_more):
    return Nothing()


class Nothing:
    """What get_ipython() gives: every method does nothing."""

    def __getattr__(self, name):
        return _nothing


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv.pop()))
    except BaseException:
        sys.stderr.write(traceback.format_exc())
        sys.stderr.flush()
        os._exit(BROKEN)
