"""How long a first deploy takes on AWS by the durations that users report, and what it takes so long for.

    .venv/bin/python benchmarks/deploy.py

The examples' stacks are deployed in virtual time: the synthesized template and the function behind the custom
resources are the real ones, CloudFormation and Personalize take the time of the profile `aws`. The baseline is the
critical path of the stack's own resources, without any polling or calling.
"""

import logging
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from assemblies import assemblies
from rich.console import Console
from rich.table import Table

from personalize_local.rehearsal.paths import critical_path, ideal_seconds
from personalize_local.rehearsal.rehearsal import Rehearsal
from personalize_local.service.profiles import AWS

LONG = 60.0  # seconds that a resource must take to be shown
WIDTH = 40  # of the timeline, in characters
TARGET = 1.1


def main() -> None:
    logging.disable(logging.CRITICAL)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    summary = Table("stack", "resources", "critical path", "makespan", "ratio", "rehearsed in", title="First deploy")
    with tempfile.TemporaryDirectory() as folder:
        for assembly, stack in assemblies(Path(folder)):
            rehearsal = Rehearsal(assembly, stack, AWS)
            began = time.perf_counter()
            rehearsal.stack.deploy(rehearsal.template)
            took = time.perf_counter() - began
            rehearsal.close()
            makespan = max(span.ended for span in rehearsal.stack.spans)
            ideal, path = critical_path(rehearsal.template, AWS)
            console.print(timeline(rehearsal, stack, makespan, set(path)))
            summary.add_row(
                stack,
                str(len(rehearsal.template.resources)),
                f"{ideal / 60:.1f} min",
                f"{makespan / 60:.1f} min",
                f"{makespan / ideal:.3f}",
                f"{took:.1f} s",
            )
    console.print(summary)
    console.print(f"target: a ratio of at most {TARGET}")
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")


def timeline(rehearsal: Rehearsal, stack: str, makespan: float, path: set[str]) -> Table:
    """What takes a minute or more by itself, one in a line; what is on the critical path has a star."""
    table = Table("", "resource", "from", "to", "ideal", "timeline", title=f"{stack}, minutes", title_justify="left")
    for span in sorted(rehearsal.stack.spans, key=lambda span: (span.began, span.logical_id)):
        ideal = ideal_seconds(rehearsal.template, span.logical_id, AWS)
        if ideal < LONG:
            continue
        first, last = (round(WIDTH * moment / makespan) for moment in (span.began, span.ended))
        bar = " " * first + "#" * max(1, last - first)
        star = "*" if span.logical_id in path else ""
        name = span.logical_id[:-8]
        table.add_row(star, name, f"{span.began / 60:.1f}", f"{span.ended / 60:.1f}", f"{ideal / 60:.1f}", bar)
    return table


if __name__ == "__main__":
    main()
