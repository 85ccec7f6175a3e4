"""How long a cold command takes, in units of `python -c "import torch"` timed in the same run.

    python benchmarks/cold.py [--runs 9]

Each round runs every command once, one after the other, so that a machine whose speed drifts slows them
alike. Quoted are medians over the rounds, and the median of the ratios within each round. Of a run, the part's own
compute (the report's seconds: cells, probes on both sides, judging) is taken off before the ratio is compared with its
target; the ratio with it stands beside.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.course import Course

ROOT = Path(__file__).resolve().parent.parent
GRADER = [sys.executable, "-m", "grader"]
UNIT = "python -c 'import torch'"
RUN, LIGHT = 1.25, 0.25
"""The most that a run and a command without torch may take, in units."""


def commands(report: Path) -> dict[str, tuple[list[str], float | None]]:
    """Each command with its target, by the name that it is shown under."""
    found: dict[str, tuple[list[str], float | None]] = {
        UNIT: ([sys.executable, "-c", "import torch"], None),
        "grader run part4 (as shipped)": ([*GRADER, "run", "part4"], RUN),
    }
    for part in Course(ROOT).parts():
        arguments = ["run", part.id, "--file", f"solutions/{part.name}.py", "--json", str(report)]
        found[f"grader run {part.id} (solved)"] = ([*GRADER, *arguments], RUN)
    for arguments in (["--help"], ["list"], ["list", "part4"], ["hint", "part4.dC"]):
        found[f"grader {' '.join(arguments)}"] = ([*GRADER, *arguments], LIGHT)
    return found


def seconds(command: list[str], report: Path) -> tuple[float, float]:
    """Wall-clock time of one run of a command, and the compute that its report speaks of."""
    report.unlink(missing_ok=True)
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    taken = time.perf_counter() - start
    return taken, json.loads(report.read_bytes())["seconds"] if report.exists() else 0.0


def main() -> int:
    """Print the table; 1 where a ratio is above its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        chosen = commands(report)
        for command, _ in chosen.values():
            seconds(command, report)  # warm the file cache and the .pyc files
        rounds = [{name: seconds(command, report) for name, (command, _) in chosen.items()} for _ in range(runs)]
    missed = 0
    print(f"{'command':32} {'seconds':>8} {'own':>6} {'ratio':>6} {'without own':>12} {'target':>7}")
    for name, (_, target) in chosen.items():
        taken, own = (statistics.median(one[name][i] for one in rounds) for i in (0, 1))
        ratio = statistics.median(one[name][0] / one[UNIT][0] for one in rounds)
        rest = statistics.median((one[name][0] - one[name][1]) / one[UNIT][0] for one in rounds)
        missed += target is not None and rest > target
        print(f"{name:32} {taken:8.3f} {own:6.2f} {ratio:6.3f} {rest:12.3f} {target or '':>7}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
