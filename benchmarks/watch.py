"""From save to verdict in `grader watch`, in units of `python -c "import torch"` timed in the same run.

    python benchmarks/watch.py [--rounds 30] [--reruns 500]

The real command runs in a pseudo-terminal on a workspace of its own, with a solved part 4. A save is an editor's: the
file is written anew and renamed into its place. The clock starts before the write and stops when the whole verdict has
been read from the terminal. `part`: all 37 checks have been run, and have passed. `exercise`: the verdict on dprobs,
which was edited and comes first; right and wrong answers take turns.
Each round has one import of torch, so that a machine whose speed drifts slows all alike; quoted are medians, and the
median of the ratios within each round.

Memory is that of the command's processes, what they share counted once (PSS). It is looked at after 100 re-runs and
after so many more, each with another wrong answer. Exit code 1: a ratio is above its target, or memory has grown by
more than a twentieth.
"""

import argparse
import os
import pty
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PART, EXERCISE = 0.08, 0.04
SETTLED = 100
GROWTH = 1.05
GRADER = [sys.executable, "-m", "grader"]
RIGHT = "return d.logprobs / f.probs"


class Watch:
    """The command in a pseudo-terminal, in a workspace where part 4 is solved."""

    def __init__(self, folder: Path):
        subprocess.run([*GRADER, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
        self._file = folder / "exercises" / "part4_backprop.py"
        self._text = (ROOT / "solutions" / self._file.name).read_text()
        assert self._text.count(RIGHT) == 1
        self._saves = 0
        self.save(RIGHT)
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.environ["TERM"] = "xterm"
            os.execv(GRADER[0], [*GRADER, "watch", "part4.dprobs"])
        self.until("All of part4 has passed")

    def save(self, body: str) -> None:
        """Put another answer into the file, as many editors do."""
        self._saves += 1
        new = self._file.with_suffix(".new")
        new.write_text(self._text.replace(RIGHT, f"{body}  # {self._saves}"))
        new.replace(self._file)

    def until(self, words: str) -> None:
        """Read what is printed until a view with these words is whole."""
        text, deadline = "", time.monotonic() + 120
        while not re.search(f"{words}.*quit", text, re.DOTALL):
            if not select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(text)
            text += os.read(self._terminal, 1 << 16).decode("utf-8", "replace")

    def seconds(self, body: str, words: str) -> float:
        """From save to verdict."""
        start = time.perf_counter()
        self.save(body)
        self.until(words)
        return time.perf_counter() - start

    def memory(self) -> list[float]:
        """MiB of each of its processes, at rest: what is its own, with its share of the rest. The first one judges."""
        time.sleep(1)
        first = psutil.Process(self._pid)
        return [one.memory_full_info().pss / 2**20 for one in (first, *first.children(recursive=True))]

    def close(self) -> None:
        """Leave it by its key."""
        os.write(self._terminal, b"q")
        os.waitpid(self._pid, 0)


def unit() -> float:
    """The seconds of an import of torch."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start


def main() -> int:
    """Print the table; 1 where something is above its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--reruns", type=int, default=500)
    options = parser.parse_args()
    found: dict[str, list[float]] = {"unit": [], "exercise": [], "part": []}
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(Path(folder, "workspace"))
        try:
            for _ in range(options.rounds):
                found["unit"].append(unit())
                found["part"].append(watch.seconds(RIGHT, "All of part4 has passed"))
                wrong = watch.seconds("return 1 / f.probs", "FAILED .*dprobs")
                time.sleep(1)  # until the other checks have been run as well
                right = watch.seconds(RIGHT, "passed .*dprobs")
                watch.until("All of part4 has passed")
                found["exercise"].append((wrong + right) / 2)
            for number in range(SETTLED + options.reruns):
                if number == SETTLED:
                    before = watch.memory()
                watch.seconds(f"return {number} * d.logprobs + 1 / f.probs", "FAILED .*dprobs")
            after = watch.memory()
        finally:
            watch.close()
    missed = 0
    print(f"{'':10} {'ms':>7} {'ratio':>7} {'target':>7}")
    for name, target in (("unit", None), ("part", PART), ("exercise", EXERCISE)):
        ratio = statistics.median(one / of for one, of in zip(found[name], found["unit"], strict=True))
        missed += target is not None and ratio > target
        print(f"{name:10} {1000 * statistics.median(found[name]):7.0f} {ratio:7.3f} {target or '':>7}")
    words = [" + ".join(f"{size:.0f}" for size in sizes) + f" = {sum(sizes):.0f} MiB" for sizes in (before, after)]
    print(f"memory (judge + template) after {SETTLED} re-runs: {words[0]}; after {options.reruns} more: {words[1]}")
    return 1 if missed or sum(after) > GROWTH * sum(before) else 0


if __name__ == "__main__":
    sys.exit(main())
