"""What becomes of a deploy when the service fails: one fault at every call in turn, and many at random.

    .venv/bin/python benchmarks/faults.py                      # every call of the smaller stack, some of the larger
    .venv/bin/python benchmarks/faults.py --every 1            # every call of all stacks: about an hour
    .venv/bin/python benchmarks/faults.py --stack video-dev --seeds 100

Each run is a deployment in virtual time of an example's stack. Exit code 1: a run did not end as it must.
"""

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from assemblies import assemblies
from rich.console import Console
from rich.table import Table

from personalize_local.rehearsal import faults
from personalize_local.rehearsal.cloudformation import DeploymentFailed

SMALL = 160  # calls of a create, up to which every position is tried
ENDS = ("done", "rolled back", "delete failed", "stuck")


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults at every call, and what becomes of the deploy.")
    parser.add_argument(
        "--every", type=int, help="try every N-th call (default: 1 for small stacks, 17 for large ones)"
    )
    parser.add_argument("--seeds", type=int, default=20, help="runs with 5 %% throttling and 2 %% 5xx (default: 20)")
    parser.add_argument("--stack", help="only this stack (default: all)")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    wrong: list[str] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for assembly, stack in assemblies(Path(folder)):
            if options.stack not in (None, stack):
                continue
            scene = faults.Scene(assembly, stack)
            console.print(one_at_a_time(scene, options.every, wrong))
            console.print(at_random(scene, options.seeds, wrong))
    for sentence in wrong:
        console.print(sentence)
    runs = f"{len(wrong)} runs did not end as they must" if wrong else "every run ended as it must"
    console.print(f"{runs}; {time.perf_counter() - began:.0f} s")
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    return 1 if wrong else 0


def one_at_a_time(scene: faults.Scene, every: int | None, wrong: list[str]) -> Table:
    """Let each fault come at one call after the other."""
    table = Table("operation", "calls", "fault", "runs", *ENDS, title=f"{scene.stack}: one fault")
    for operation in faults.Operation:
        calls = faults.positions(scene, operation)
        step = every or (1 if calls <= SMALL else 17)
        for fault in faults.Fault:
            tally = faults.Tally()
            for position in range(0, calls, step):
                faults.run(scene, operation, fault, position, tally)
            ends = Counter({end: count for (_, _, end), count in tally.ends.items()})
            numbers = (str(ends[end]) for end in ENDS)
            table.add_row(operation, str(calls), fault, str(sum(ends.values())), *numbers)
            wrong += tally.wrong
    return table


def at_random(scene: faults.Scene, seeds: int, wrong: list[str]) -> Table:
    """Refuse 5 % of all calls by throttling and 2 % by a failure of the service."""
    total: Counter[str] = Counter()
    succeeded = 0
    for seed in range(seeds):
        try:
            total.update(faults.run_at_random(scene, seed))
            succeeded += 1
        except (DeploymentFailed, AssertionError) as error:
            wrong.append(f"{scene.stack}, seed {seed}: {error}")
    table = Table("seeds", "succeeded", "calls", "throttled", "5xx", title=f"{scene.stack}: faults at random")
    counts = (total["calls"], total[faults.Fault.THROTTLE], total[faults.Fault.SERVER_ERROR])
    table.add_row(str(seeds), str(succeeded), *map(str, counts))
    return table


if __name__ == "__main__":
    sys.exit(main())
