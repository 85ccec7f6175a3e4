"""Where jobs are worked at: processes of this machine, or a dask cluster. The scheduling is theirs."""

import itertools
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import msgspec

from grader.classes.work import Done, Job, Setting, end_with_parent, grade
from grader.errors import UsageError

AHEAD = 2
"""How many jobs for each worker are handed out before they can be worked at."""
BROKEN = 3
"""How many workers may end while a submission is at work before it is given up."""

Outcome = tuple[Job, Done]


def here(setting: Setting, jobs: Iterable[Job], workers: int) -> Iterator[Outcome]:
    """Grade in so many processes of this machine; each job with what came of it, as they come.

    A worker that ends (out of memory, say) costs nobody anything: the jobs that were handed out are handed out again.
    """
    coming, ends = iter(jobs), Counter[str]()
    while first := next(coming, None):
        coming = itertools.chain([first], coming)
        context = multiprocessing.get_context("spawn")  # a fork would share threads and what they hold
        pool = ProcessPoolExecutor(workers, context, end_with_parent)
        at_work: dict[Future[bytes], Job] = {}
        ended = True
        try:
            for job in coming:
                at_work[Future[bytes]()] = job  # the pool may refuse it
                future = pool.submit(grade, setting, job)
                at_work.popitem()
                at_work[future] = job
                if len(at_work) >= AHEAD * workers:
                    yield from _some(at_work)
            while at_work:
                yield from _some(at_work)
            ended = False
        except BrokenProcessPool:
            for job in at_work.values():
                ends[job.student] += 1
                if ends[job.student] < BROKEN:
                    coming = itertools.chain([job], coming)
                else:
                    yield job, Done(None, f"The grader's own process ended {BROKEN} times at this one. Report it.")
        finally:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=not ended, cancel_futures=True)
            if ended:
                for process in processes:
                    process.terminate()


def _some(at_work: dict[Future[bytes], Job]) -> Iterator[Outcome]:
    """Those that are done, one at least; they are at work no longer."""
    for future in wait(at_work, return_when=FIRST_COMPLETED).done:
        done = msgspec.json.decode(future.result(), type=Done)
        yield at_work.pop(future), done


def cluster(setting: Setting, jobs: Iterable[Job], address: str) -> Iterator[Outcome]:
    """Grade on the workers of a dask scheduler. Raises UsageError where it can't be reached."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsageError(
            "`--scheduler` needs the extra `cluster`: pip install 'zero-to-hero-grader[cluster]'."
        ) from None
    try:
        client = Client(address, timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"There is no dask scheduler at {address} ({error}). Is it running, and its port open?"
        ) from None
    asked = {"GPU": 1} if setting.train and setting.device != "cpu" else None
    with client:
        there = [worker["resources"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
        # Where no worker has come yet, one with a GPU still may.
        if asked and there and not any(resources.get("GPU") for resources in there):
            raise UsageError(
                f"None of the {len(there)} workers of {address} has a GPU to train on: start some with "
                "`dask worker ... --resources GPU=1`, or say --device cpu."
            )
        futures = {client.submit(grade, setting, job, pure=False, resources=asked): job for job in jobs}
        for future in as_completed(list(futures)):
            yield futures.pop(future), _done(future)
            future.release()


def _done(future: Any) -> Done:
    error = future.exception()
    if error is None:
        return msgspec.json.decode(future.result(), type=Done)
    if isinstance(error, UsageError):
        raise error
    return Done(None, f"The cluster gave up on this one ({type(error).__name__}: {error}). Report it.")


Workers = Callable[[Setting, Iterable[Job]], Iterator[Outcome]]
