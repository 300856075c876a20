"""The workers: what one document does to its worker is told of that document, and no other sees any of it."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import MissingPart
from extractors.formats import Hints, Part
from extractors.options import Options
from extractors.records import Record
from service import channel, failpoints, nursery, workers
from service.channel import Channel, Closed
from service.store.prepared import Prepared
from service.tasks import Failure, File, Limits, Many, Storable, Task
from service.workers import Inline, Pool, Stopped

POST = "Un atelier de formation sur la médiation s'est tenu à Bamako le 3 juin 2024. L'Office du Niger l'avait organisé."
MEMORY_BYTES = 400_000_000
POINTS = ("before_read", "after_read", "after_extract")  # those of a worker that have a document's name
CODES = {
    "abort": "worker_crash",
    "exit": "worker_crash",
    "hang": "timeout",
    "kill": "memory",  # nobody but the system's own memory killer sends this signal
    "memory": "memory",
    "output": "timeout",  # what a worker writes goes nowhere
    "raise": "internal",
    "segfault": "worker_crash",
    "spin": "timeout",
    "stop": "timeout",
}
pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")


@contextlib.contextmanager
def faults(description: str) -> Iterator[None]:
    failpoints.arm(description)
    try:
        yield
    finally:
        failpoints.arm("")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Two workers on loaded models, in which every action waits at every point for a document of its name."""
    armed = [f"{point}:{action}@{point}-{action}." for point in POINTS for action in CODES]
    with faults(", ".join(armed)):
        made = Pool(Options(), Limits(seconds=60, memory_bytes=MEMORY_BYTES), count=2)
    with made:
        yield made


def bare(faults_: str = "", *, seconds: float = 30.0, count: int = 1, clock: Callable[[], float] = time.monotonic, **limits: Any) -> Pool:
    """A pool without models, for what never comes to extraction."""
    with faults(faults_):
        return Pool(Options(), Limits(seconds=seconds, memory_bytes=MEMORY_BYTES, **limits), count=count, preload=False, clock=clock)


def post(name: str = "post.txt", text: str = POST) -> File:
    return File(text.encode(), name, Hints())


def zip_of(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, f"{POST} {name}")
    return out.getvalue()


_MANY = zip_of(*(f"{number}.txt" for number in range(3_000)))  # more than a socket holds


def result_of(pool: Pool, *files: File) -> list[Any]:
    """What becomes of files that are handed over at once, so that they may share a batch."""
    with pool._turn:  # no worker takes one before the last is there
        futures = [pool.submit(file) for file in files]
    return [future.result(timeout=120) for future in futures]


@contextlib.contextmanager
def patience(pool: Pool, seconds: float) -> Iterator[None]:
    """Another deadline for a while."""
    usual = pool.limits
    pool.limits = replace(usual, seconds=seconds)
    try:
        yield
    finally:
        pool.limits = usual


def processes_below(pid: int) -> set[int]:
    try:
        children = {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}
    except OSError:
        return set()
    return children.union(*map(processes_below, children))


def nursery_of(pool: Pool) -> int:
    process = pool._nursery._process
    assert process is not None
    return process.pid


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def await_until(is_so: Callable[[], bool]) -> None:
    """Wait for the system to do what it has been told to."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


# One document and its neighbours


def test_every_action_has_its_code() -> None:
    assert set(CODES) == set(failpoints.ACTIONS)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("action", [action for action, code in CODES.items() if code != "timeout"])
def test_a_document_that_ends_its_worker_has_its_code_and_its_neighbours_have_the_record_that_they_have_without_it(pool: Pool, point: str, action: str) -> None:
    before, after = post("before.txt"), post("after.txt", "La mairie de Kayes a signé un accord le 2 mai 2024.")
    alone = result_of(pool, before, after)
    bad = f"{point}-{action}.txt"
    first, failure, last = result_of(pool, before, post(bad), after)
    assert [first, last] == alone and all(isinstance(record, Record) for record in alone)
    assert isinstance(failure, Failure)
    assert failure.code == CODES[action]
    assert failure.message.startswith(f"{bad}: ")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("action", [action for action, code in CODES.items() if code == "timeout"])
def test_a_document_that_never_ends_is_ended_at_the_deadline(pool: Pool, point: str, action: str) -> None:
    with patience(pool, 1.0):
        [failure] = result_of(pool, post(f"{point}-{action}.txt"))
    assert isinstance(failure, Failure)
    assert failure.code == "timeout"
    assert "VEILLE_MAX_SECONDS" in failure.message


def test_a_document_that_never_ends_keeps_no_neighbour_from_its_record(pool: Pool) -> None:
    alone = result_of(pool, post())
    with patience(pool, 6.0):
        [first, failure] = result_of(pool, post(), post("after_read-hang.txt"))
    assert [first] == alone
    assert isinstance(failure, Failure)
    assert failure.code == "timeout"


def test_a_crash_names_its_signal_and_says_how_often_it_was_tried(pool: Pool) -> None:
    [failure] = result_of(pool, post("before_read-segfault.txt"))
    assert "2 times (SIGSEGV)" in failure.message


def test_a_limit_that_was_met_is_named_with_its_variable(pool: Pool) -> None:
    for name in ("before_read-memory.txt", "before_read-kill.txt"):
        [failure] = result_of(pool, post(name))
        assert "VEILLE_MAX_MEMORY_BYTES" in failure.message


def test_time_on_the_processor_is_limited_where_the_deadline_is_not_reached() -> None:
    with bare("before_read:spin", seconds=0.1) as made, patience(made, 60):
        [failure] = result_of(made, post())
    assert failure.code == "timeout"


def test_a_worker_that_cannot_answer_is_told_of_its_document() -> None:
    with bare("before_reply:abort") as made:
        [failure] = result_of(made, File(zip_of("a.txt"), "a.zip", Hints()))
    assert (failure.code, "SIGABRT" in failure.message) == ("worker_crash", True)


# Files of many documents


def test_what_an_archive_holds_comes_one_by_one(pool: Pool) -> None:
    parts = list(pool.unpack(File(zip_of("a.txt", "b.txt", "c.txt"), "posts.zip", Hints())))
    assert [part.origin for part in parts if isinstance(part, Part)] == ["posts.zip/a.txt", "posts.zip/b.txt", "posts.zip/c.txt"]


def test_an_archive_is_unpacked_by_a_worker_of_its_own_which_is_gone_afterwards() -> None:
    with bare() as made:
        coming = made.unpack(File(zip_of("a.txt", "b.txt"), "posts.zip", Hints()))
        next(coming)
        assert len(processes_below(nursery_of(made))) == 1
        del coming
        assert processes_below(nursery_of(made)) == set()


def test_an_archive_that_stops_its_worker_is_a_failure_after_what_was_read() -> None:
    with bare() as made:
        coming = made.unpack(File(_MANY, "posts.zip", Hints()))
        assert isinstance(next(coming), Part)
        [worker] = processes_below(nursery_of(made))
        os.kill(worker, signal.SIGSTOP)
        with patience(made, 1.0):
            *_, failure = coming
        assert isinstance(failure, Failure)
        assert (failure.code, failure.message.startswith("posts.zip: ")) == ("timeout", True)
        assert processes_below(nursery_of(made)) == set()


def test_an_archive_that_ends_its_worker_is_a_failure_after_what_was_read() -> None:
    with bare() as made:
        coming = made.unpack(File(_MANY, "posts.zip", Hints()))
        next(coming)
        [worker] = processes_below(nursery_of(made))
        os.kill(worker, signal.SIGABRT)
        *_, failure = coming
        assert isinstance(failure, Failure)
        assert failure.code == "worker_crash"
        assert "died of it (SIGABRT)" in failure.message


def test_what_was_read_of_an_archive_before_its_worker_died_stays_and_is_told_again(tmp_path: Path) -> None:
    from service import ingest, store

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(3_000):
            archive.writestr(f"{number}.png", f"not a picture {number}")
    (tmp_path / "posts.zip").write_bytes(out.getvalue())
    files = [ingest.Found(tmp_path / "posts.zip", "posts.zip")]
    told: list[ingest.Outcome] = []
    with bare() as made, store.opened(tmp_path / "v.db") as db:

        def tell(outcome: ingest.Outcome) -> None:
            told.append(outcome)
            if len(told) == 5:
                for pid in processes_below(nursery_of(made)):
                    os.kill(pid, signal.SIGABRT)

        ingest.ingest(db, files, ingest.Plan(Options()), made, ingest.Watcher(tell))
        again: list[ingest.Outcome] = []
        ingest.ingest(db, files, ingest.Plan(Options()), made, ingest.Watcher(again.append))
    assert 5 < len(told) < 3_000
    assert [outcome.code for outcome in told if outcome.name == "posts.zip"] == ["worker_crash"]
    assert sorted(outcome.name for outcome in again) == sorted(outcome.name for outcome in told)


# The pool


def test_results_come_in_the_order_that_is_asked_for(pool: Pool) -> None:
    tasks = [Task(post(f"{number}.txt", f"{POST} " * (1 + 40 * (number % 5 == 0))), number) for number in range(30)]
    assert [task.tag for task, _ in workers.in_order(pool, tasks)] == list(range(30))


def test_one_document_many_times_at_once_gives_one_record_many_times(pool: Pool) -> None:
    found = [result for _, result in workers.records(pool, (Task(post()) for _ in range(20)))]
    assert len(found) == 20 and all(record == found[0] and isinstance(record, Record) for record in found)


def test_the_record_is_the_one_that_is_made_without_workers(pool: Pool) -> None:
    assert result_of(pool, post()) == [Inline(Options()).submit(post()).result()]


def test_a_record_for_the_store_comes_with_what_the_store_keeps_beside_it() -> None:
    reader = nursery.Reader(Options(), Limits(), for_store=True)
    [found, broken] = reader.reply([post(), post("empty.txt", " ")]).results
    alone = Inline(Options()).submit(post()).result()
    assert isinstance(alone, Record) and isinstance(broken, Failure)
    assert found == Storable(alone, Prepared.of(alone))


def test_a_failure_among_the_tasks_passes_through(pool: Pool) -> None:
    bad = Failure("unreadable", "gone")
    assert {task.tag: result for task, result in workers.records(pool, [Task(bad, "bad"), Task(post(), "good")])}["bad"] == bad


def test_no_more_is_taken_ahead_than_the_workers_have_use_for() -> None:
    taken = 0

    def tasks() -> Iterator[Task]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield Task(File(zip_of("a.txt"), f"{number}.zip", Hints()))

    with bare() as made:
        coming = workers.records(made, tasks())
        next(coming)
        assert taken <= made.capacity + 1


def test_a_worker_is_replaced_after_so_many_documents() -> None:
    seen: set[int] = set()
    with bare(documents_a_worker=3) as made:
        for number in range(9):
            result_of(made, File(b"\x89PNG\r\n\x1a\n", f"{number}.png", Hints()))
            seen |= processes_below(nursery_of(made))
            made._nursery.is_loaded = True  # it has no models to load for the next worker
    assert len(seen) in (3, 4)  # one may be gone before we look


def test_a_worker_that_ran_out_of_memory_is_replaced(pool: Pool) -> None:
    [failure] = result_of(pool, post("after_read-memory.txt"))
    assert failure.code == "memory"
    assert all(isinstance(result, Record) for result in result_of(pool, post(), post("again.txt")))


def test_a_worker_that_ends_between_two_documents_is_replaced() -> None:
    archive = File(zip_of("a.txt"), "a.zip", Hints())
    with bare() as made:
        result_of(made, archive)
        [worker] = processes_below(nursery_of(made))
        os.kill(worker, signal.SIGKILL)
        await_until(lambda: not is_running(worker))
        assert isinstance(result_of(made, archive)[0], Many)


def test_a_nursery_that_is_killed_is_started_again_with_its_models(pool: Pool) -> None:
    alone = result_of(pool, post())
    former = nursery_of(pool)
    folder = pool._nursery._setup.folder
    held = processes_below(former)
    os.kill(former, signal.SIGKILL)
    await_until(lambda: not any(is_running(pid) for pid in held))
    assert result_of(pool, post(), post("other.txt", POST)) == [alone[0], alone[0].model_copy(update={"source": "other.txt"})]
    assert nursery_of(pool) != former
    assert not folder.exists()


def test_a_nursery_that_is_killed_with_a_document_in_hand_is_started_again_for_it() -> None:
    with bare("before_read:hang@hang") as made:
        hanging = made.submit(File(zip_of("a.txt"), "hang.zip", Hints()))
        await_until(lambda: bool(processes_below(nursery_of(made))))
        made._nursery._setup = replace(made._nursery._setup, faults="")
        os.kill(nursery_of(made), signal.SIGKILL)
        assert isinstance(hanging.result(timeout=60), Many)


def test_a_closed_pool_leaves_no_process_and_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with bare() as made:
        result_of(made, File(zip_of("a.txt"), "a.zip", Hints()))
        running = processes_below(nursery_of(made)) | {nursery_of(made)}
        assert len(running) == 2 and len(list(tmp_path.iterdir())) == 1
    assert not any(is_running(pid) for pid in running)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pool_takes_nothing_and_gives_back_what_waits() -> None:
    made = bare("before_read:hang")
    with made:
        in_hand = made.submit(post())
        await_until(lambda: made.waiting == 0)
        waiting = [made.submit(post()) for _ in range(3)]
    for future in (in_hand, *waiting, made.submit(post())):
        assert isinstance(future.exception(timeout=60), Stopped)
    with pytest.raises(Stopped):
        next(made.unpack(File(zip_of("a.txt"), "a.zip", Hints())))
    with pytest.raises(Stopped):
        list(workers.records(made, [Task(post())]))


def test_what_is_in_hand_is_finished_within_the_grace() -> None:
    made = bare()
    made.start()
    results = [made.submit(File(zip_of("a.txt"), f"{number}.zip", Hints())) for number in range(2)]
    await_until(lambda: made.waiting == 0)
    made.close(grace_s=60)
    assert all(isinstance(future.result(timeout=0), Many) for future in results)


def test_a_pool_can_be_closed_while_its_models_load() -> None:
    made = Pool(Options(), Limits(), count=1)
    raised: list[BaseException] = []

    def start() -> None:
        try:
            made.start()
        except Stopped as error:
            raised.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    await_until(lambda: made._nursery._orders is not None)
    made.close()
    starting.join(timeout=60)
    assert not starting.is_alive()
    assert len(raised) == 1
    assert not is_running(nursery_of(made))


def test_a_model_that_is_missing_is_told_to_whoever_starts_the_pool() -> None:
    made = Pool(Options(models=(("fr", "no_such_model"),)), Limits(), count=1)
    with pytest.raises(MissingPart, match="no_such_model"):
        made.start()
    made.close()


def test_a_model_that_is_missing_is_told_to_whoever_sends_a_document() -> None:
    with Pool(Options(models=(("fr", "no_such_model"),)), Limits(), count=1, preload=False) as made, pytest.raises(MissingPart, match="no_such_model"):
        result_of(made, post())


def test_a_worker_has_its_own_folder_for_files_and_no_terminal() -> None:
    said: list[str] = []
    with bare() as made:
        result_of(made, File(zip_of("a.txt"), "a.zip", Hints()))
        [worker] = processes_below(nursery_of(made))
        said = [os.readlink(f"/proc/{worker}/fd/{number}") for number in (0, 1, 2)]
        limits = Path(f"/proc/{worker}/limits").read_text(encoding="ascii")
        assert os.getpgid(worker) == worker
        assert (made._nursery._setup.folder / str(worker)).is_dir()
    assert said == ["/dev/null"] * 3
    assert "Max core file size        0 " in limits


def test_a_limit_that_is_narrower_already_stays() -> None:
    pid = os.fork()
    if pid == 0:
        kept = 1
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
            if os.getuid() == 0:
                os.setuid(65_534)  # root may widen a limit
            nursery.restrict(resource.RLIMIT_NOFILE, 256)
            kept = int(resource.getrlimit(resource.RLIMIT_NOFILE) != (100, 100))
        finally:
            os._exit(kept)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


_PARENT = """
import sys
from extractors.formats import Hints
from extractors.options import Options
from service import failpoints, workers
from service.tasks import File, Limits

failpoints.arm("before_read:spin")
pool = workers.Pool(Options(), Limits(seconds=300), count=1, preload=False)
pool.start()
print(pool._nursery._process.pid, pool._nursery._setup.folder, flush=True)
pool.submit(File(b"a", "a.txt", Hints())).result()
"""


def test_nothing_is_left_of_a_program_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        home = int(pid)
        await_until(lambda: bool(processes_below(home)))
        [worker] = processes_below(home)
        parent.kill()
    await_until(lambda: not is_running(home) and not is_running(worker))
    await_until(lambda: not Path(folder).exists())


# The channel


def ends() -> tuple[Channel, Channel]:
    import socket

    one, other = socket.socketpair()
    return Channel(one), Channel(other)


def test_a_message_comes_whole_whatever_its_size() -> None:
    one, other = ends()
    message = {"text": "é" * 3_000_000}
    sender = threading.Thread(target=one.send, args=[message])
    sender.start()
    assert other.receive() == message
    sender.join()
    one.close()
    other.close()


def test_a_large_message_is_read_in_pieces_so_that_other_threads_get_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    plain = channel._InPieces.read

    def counted(content: channel._InPieces, size: int) -> bytes:
        reads.append(size)
        return plain(content, size)

    monkeypatch.setattr(channel._InPieces, "read", counted)
    one, other = ends()
    message = [str(number) for number in range(100_000)]
    sender = threading.Thread(target=one.send, args=[message])
    sender.start()
    assert other.receive() == message
    sender.join()
    assert len(reads) > 5
    assert max(reads) < 200_000
    one.close()
    other.close()


def test_a_channel_whose_other_end_is_gone_is_closed() -> None:
    one, other = ends()
    other.close()
    with pytest.raises(Closed):
        one.receive()
    with pytest.raises(Closed):
        one.send("x" * 10_000_000)
    one.close()


def test_a_message_over_the_limit_is_not_taken() -> None:
    one, other = ends()
    one._end.sendall((600_000_000).to_bytes(8, "big"))
    with pytest.raises(OverflowError, match="600,000,000"):
        other.receive()
    one.close()
    other.close()


def test_a_deadline_that_is_past_is_a_timeout_even_where_a_message_waits() -> None:
    one, other = ends()
    one.send("here")
    with pytest.raises(TimeoutError):
        other.receive(time.monotonic() - 1)
    one.close()
    other.close()


# The faults


def test_a_fault_waits_for_its_name_and_its_turn() -> None:
    with faults("after_read:raise@b.txt#2"):
        failpoints.reach("after_read", "a.txt")
        failpoints.reach("after_read", "b.txt")
        failpoints.reach("before_read", "b.txt")
        with pytest.raises(RuntimeError):
            failpoints.reach("after_read", "b.txt")
        failpoints.reach("after_read", "b.txt")


@pytest.mark.parametrize("word", ["no_point:kill", "after_read:no_action", "after_read", "after_read:kill#x"])
def test_a_fault_that_says_nothing_is_refused(word: str) -> None:
    from extractors.errors import InvalidRequest

    with pytest.raises(InvalidRequest, match="VEILLE_FAILPOINTS"):
        failpoints.arm(word)
    failpoints.arm("")


def test_without_the_variable_nothing_is_armed() -> None:
    assert failpoints._armed is None
