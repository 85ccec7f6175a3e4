"""How long a cold command takes, in units of `python -c "import torch"` timed in the same run.

    python benchmarks/cold.py [--runs 9]

Each round runs every command once, one after the other, so that a machine whose speed drifts slows them
alike. Quoted are medians over the rounds, and the median of the ratios within each round.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRADER = [sys.executable, "-m", "grader"]
UNIT = "python -c 'import torch'"
COMMANDS = {
    UNIT: ([sys.executable, "-c", "import torch"], None),
    "grader run part4 (as shipped)": ([*GRADER, "run", "part4"], 1.25),
    "grader run part4 (solved)": ([*GRADER, "run", "part4", "--file", "solutions/part4_backprop.py"], 1.25),
    "grader --help": ([*GRADER, "--help"], 0.25),
    "grader list": ([*GRADER, "list"], 0.25),
    "grader list part4": ([*GRADER, "list", "part4"], 0.25),
    "grader hint part4.dC": ([*GRADER, "hint", "part4.dC"], 0.25),
}


def seconds(command: list[str]) -> float:
    """Wall-clock time of one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> int:
    """Print the table; 1 where a ratio is above its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    for command, _ in COMMANDS.values():
        seconds(command)  # warm the file cache and the .pyc files
    rounds = [{name: seconds(command) for name, (command, _) in COMMANDS.items()} for _ in range(runs)]
    missed = 0
    print(f"{'command':32} {'seconds':>8} {'ratio':>6} {'target':>7}   (medians of {runs})")
    for name, (_, target) in COMMANDS.items():
        median = statistics.median(one[name] for one in rounds)
        ratio = statistics.median(one[name] / one[UNIT] for one in rounds)
        missed += target is not None and ratio > target
        print(f"{name:32} {median:8.3f} {ratio:6.3f} {target or '':>7}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
