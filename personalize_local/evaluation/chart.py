"""A picture of a comparison: one panel a metric, a point with its mean and its interval for each contender."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from personalize_local.evaluation.compare import Result

RECIPE, BASELINE = "#1f77b4", "#8c8c8c"
TO_PASS = "popularity"  # the baseline that a dotted line goes on from
UNDER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # a figure, so that lines do not cross it
KINDS = ("png", "svg")


def draw(results: Sequence[Result], metrics: Mapping[str, str], folder: Path, title: str) -> list[Path]:
    """Write the picture as comparison.png and comparison.svg.

    Args:
        results: Without problems.
        metrics: The service's names by how the panels name them.
    """
    height = 1.3 + 0.4 * len(results)
    figure = Figure(figsize=(3.0 * len(metrics) + 1.6, height), layout=ConstrainedLayoutEngine(wspace=0.06))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    names = [result.contender.name for result in results]
    for panel, (label, metric) in zip(panels, metrics.items(), strict=True):
        for row, result in enumerate(results):
            found = result.estimate(metric)
            color = BASELINE if result.contender.is_baseline else RECIPE
            panel.hlines(row, found.low, found.high, color=color, linewidth=2)
            panel.plot(found.mean, row, "o", color=color, markersize=6, clip_on=False)
            panel.annotate(
                f"{found.mean:.3f}",
                (found.mean, row),
                (0, 7),
                textcoords="offset points",
                fontsize=8,
                ha="center",
                bbox=UNDER,
            )
            if result.contender.name == TO_PASS:
                panel.axvline(found.mean, color=BASELINE, linewidth=1, linestyle=(0, (2, 3)))
        panel.set_title(label, fontsize=10)
        panel.set_xlim(left=0)
        panel.xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.grid(axis="x", color="#e5e5e5")
        panel.set_axisbelow(True)
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
        panel.tick_params(left=False)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    figure.suptitle(title, fontsize=11)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"comparison.{kind}" for kind in KINDS]
    with mpl.rc_context({"svg.hashsalt": "comparison"}):  # the same results, the same file
        for path in paths:
            figure.savefig(path, dpi=144, metadata={"Date": None} if path.suffix == ".svg" else None)
    return paths
