"""Two models' scores in one: the second is brought to the spread of the first."""

import math

import numpy as np

from personalize_local.engine.log import Floats


def blend(recurrent: Floats, linear: Floats, share: float) -> Floats:
    """The network's logits with a share of the linear scores, which are brought to the logits' spread first."""
    scale = scale_of_linear(spread(recurrent), spread(linear), share) if share else 0.0
    if not scale:
        return recurrent
    mixed: Floats = linear * np.float32(scale)
    mixed += np.float32(1 - share) * recurrent
    return mixed


def scale_of_linear(of_recurrent: float, of_linear: float, share: float) -> float:
    """What linear scores are multiplied by in a blend, from the spreads of both."""
    return share * of_recurrent / of_linear if of_linear else 0.0


def spread(values: Floats, count: int | None = None) -> float:
    """The standard deviation, in two passes over the values.

    Args:
        count: How many there are, with those that are 0 and not given. Default: all are given.
    """
    count = count or len(values)
    mean = float(values.sum()) / count
    return math.sqrt(max(float(values @ values) / count - mean * mean, 0.0))


def softmax(logits: Floats) -> Floats:
    """Probabilities in proportion to exp(logits)."""
    powers: Floats = logits - logits.max()
    np.exp(powers, out=powers)
    powers /= powers.sum()
    return powers
