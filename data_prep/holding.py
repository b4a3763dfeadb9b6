"""The newest interactions, kept back to evaluate with: written beside the output, and not imported."""

from functools import partial
from pathlib import Path

from data_prep import parts, rules
from data_prep.dataset import Dataset
from data_prep.engines.engine import Engine
from data_prep.manifest import Part
from data_prep.rules import REASON, ROW
from data_prep.spec import epoch_seconds

FOLDER = "hold-out"


def set_aside(dataset: Dataset, engine: Engine) -> int | None:
    """Set aside what the rules want to be held out; return since when, in epoch seconds, or None for nothing."""
    wanted = dataset.spec.rules.hold_out
    if wanted is None or not dataset.is_log:
        return None
    if isinstance(wanted, str):
        since = int(epoch_seconds(wanted))
    else:
        ((newest_kept,),) = engine.ask(
            f'select quantile_disc("TIMESTAMP", {1 - wanted}) from {{rows}} where {REASON} is null'
        )
        if newest_kept is None:
            return None
        since = newest_kept + 1
    engine.set_aside(rules.HELD_OUT, f'select {ROW} from {{rows}} where "TIMESTAMP" >= {since}')
    return since


def write(dataset: Dataset, engine: Engine, work: Path) -> Part:
    """Write what was set aside; one file, however large."""
    (work / FOLDER).mkdir(exist_ok=True)
    name, produce = f"{FOLDER}/{dataset.type.file_name}", partial(engine.write, dataset, reason=rules.HELD_OUT)
    (part,) = parts.write(produce, parts.header(dataset), work, name, max_bytes=1 << 62)
    return part
