"""Numbers as people read them."""

from datetime import UTC, datetime

_DAY = 86400


def count(number: float) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,.0f}"


def short(number: float) -> str:
    """A number for an axis: 950, 1.2k, 30M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def share(part: float, whole: float) -> str:
    """A share in percent: never 0 % of something, nor 100 % of less than all."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1 %"
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    return f"{percent:.1f} %" if percent < 99.95 and percent != int(percent) else f"{percent:.0f} %"


def size(bytes_: int) -> str:
    """A size in bytes, kB, MB or GB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if bytes_ >= unit:
            return f"{bytes_ / unit:.3g} {name}"
    return f"{bytes_} bytes"


def moment(epoch_seconds: int, step: int = _DAY) -> str:
    """A time in UTC, as a day, or with hours where steps are shorter."""
    try:
        time = datetime.fromtimestamp(epoch_seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return f"second {epoch_seconds}"
    return time.strftime("%Y-%m-%d" if step >= _DAY else "%Y-%m-%d %H:%M")


def step_name(seconds: int) -> str:
    """A length of time in words."""
    names = {1: "hour", 24: "day", 24 * 7: "week", 24 * 28: "4 weeks", 24 * 91: "quarter", 24 * 364: "year"}
    hours = seconds // 3600
    return names.get(hours, f"{hours} hours")


def ceiling(number: float) -> float:
    """The least round number that is not less: where an axis ends."""
    if number <= 0:
        return 1
    size_ = 10.0 ** (len(str(int(number))) - 1) if number >= 1 else 0.1
    return next((step * size_ for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * size_ >= number), number)
