"""What the values of a column look like: how many, how different, numbers, times, categories."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

MOSTLY = 0.97  # of the values: fewer exceptions are dirt
_PROBED = 1000  # values whose times are parsed
_UNITS = (
    (10**11, "s", "seconds"),
    (10**14, "ms", "milliseconds"),
    (10**17, "us", "microseconds"),
    (None, "ns", "nanoseconds"),
)
_EARLIEST, _LATEST = 473_385_600, 4_102_444_800  # 1985 and 2100, in epoch seconds: what a time of a log may be
_DIGITS = re.compile(r"\d+")
_INTEGER = re.compile(r"[+-]?\d{1,18}(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,(\d+))?")
_MEASURE = re.compile(r"[+-]?\d+,\d+\s*[^\d\s,].*")  # as 1,5 kg
_EPOCH = re.compile(r"\d{9,19}(\.\d+)?")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)?)?")
_ZONED = re.compile(r".*(Z|[+-]\d{2}(:?\d{2})?)")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DAYS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%d/%m/%y",
    "%m/%d/%y",
)
_FORMATS = (
    *(f"{day}{clock}" for day in _DAYS for clock in _CLOCKS),
    *(
        "%Y%m%d",
        "%Y%m%d%H%M%S",
        "%Y%m%dT%H%M%S",
        "%d/%b/%Y:%H:%M:%S %z",
        "%a %b %d %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S %z",
    ),
)
_NO_VALUE = ("n/a", "na", "nan", "null", "none", "nil", "-", "--", "?", "\\n", "undefined")
_SEPARATORS = ("|", ";", ",", "/")


@dataclass(frozen=True)
class Times:
    """How the times of a column are written.

    Attributes:
        given: what a column has to declare, as `{"unit": "ms"}`.
        why: in words, with the time that the sample is of.
        rivals: other formats that all values have too; the right one cannot be told.
        first: the earliest, in epoch seconds.
        last: the latest.
    """

    given: dict[str, str]
    why: str
    rivals: tuple[str, ...]
    first: int
    last: int
    only_days: bool = False


@dataclass(frozen=True)
class Profile:
    """The values of one column of a sample."""

    name: str
    values: Sequence[str | None]
    is_list: bool = False
    placeholders: tuple[str, ...] = ()  # texts that stood for no value, and are none here
    time_format: str | None = None  # that somebody has declared

    @classmethod
    def of(
        cls, name: str, values: Sequence[str | None], *, is_list: bool = False, time_format: str | None = None
    ) -> Self:
        """Look at a column, in which a text such as n/a is no value."""
        found = tuple(sorted({value for value in {*values} if value is not None and _is_none(value)}))
        return cls(name, [None if value in found else value for value in values], is_list, found, time_format)

    @cached_property
    def filled(self) -> list[str]:
        """The values that are there."""
        return [value for value in self.values if value is not None]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often there is each value."""
        return Counter(self.filled)

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.counts)

    @property
    def share_filled(self) -> float:
        """The share of the rows that have a value."""
        return len(self.filled) / max(len(self.values), 1)

    @property
    def uniqueness(self) -> float:
        """Different values for each value: 1 when none comes twice."""
        return self.distinct / max(len(self.filled), 1)

    @property
    def longest(self) -> int:
        """The characters of the longest value."""
        return max(map(len, self.counts), default=0)

    @property
    def words(self) -> float:
        """The mean number of words of a value."""
        return sum(len(value.split()) for value in self.counts) / max(self.distinct, 1)

    @cached_property
    def is_integer(self) -> bool:
        """Whether nearly all values are whole numbers."""
        return self._mostly(_INTEGER)

    @cached_property
    def is_digits(self) -> bool:
        """Whether nearly all values have nothing but digits, however many."""
        return self._mostly(_DIGITS)

    @cached_property
    def is_number(self) -> bool:
        """Whether nearly all values are numbers."""
        return self._mostly(_NUMBER) or self.has_decimal_comma

    @cached_property
    def has_decimal_comma(self) -> bool:
        """Whether nearly all values are numbers with a comma before their fraction, which is mostly as long."""
        found = [match for value in self.filled if (match := _COMMA_NUMBER.fullmatch(value))]
        lengths = Counter(len(match[4]) for match in found if match[4])
        with_fraction = lengths.total()
        return (
            len(found) >= MOSTLY * len(self.filled)
            and with_fraction > len(found) / 2
            and lengths.most_common(1)[0][1] >= 0.9 * with_fraction
        )

    @cached_property
    def is_boolean(self) -> bool:
        """Whether the values are true and false."""
        return 0 < self.distinct <= 2 and {value.lower() for value in self.counts} <= {"true", "false", "yes", "no"}

    @cached_property
    def is_clock(self) -> bool:
        """Whether the values are times of day, as 9:30 or 17:05:59."""
        return self._mostly(_CLOCK)

    @cached_property
    def numbers(self) -> list[float]:
        """The values that are numbers."""
        if self.has_decimal_comma:
            plain = (
                value.replace(".", "").replace(",", ".") for value in self.filled if _COMMA_NUMBER.fullmatch(value)
            )
            return [float(value) for value in plain]
        return [float(value) for value in self.filled if _NUMBER.fullmatch(value)]

    @cached_property
    def separator(self) -> str | None:
        """What stands between the parts of values that are lists of categories; None where they are none."""
        for mark in _SEPARATORS:
            several = [value for value in self.filled if mark in value]
            if mark == ",":
                several = [value for value in several if not _MEASURE.fullmatch(value)]
            if len(several) < 0.15 * len(self.filled):
                continue
            parts = {part.strip() for value in self.counts for part in value.split(mark)}
            spaced = sum(f"{mark} " in value for value in several) > len(several) / 2
            short = max((len(part) for part in parts), default=0) <= 40
            few = len(parts) < 0.7 * self.distinct or (mark != "/" and len(parts) <= min(50, 2 * self.distinct))
            if short and few and (mark != "," or not spaced or self.words < 4):
                return mark
        return None

    @cached_property
    def categories(self) -> int:
        """How many different parts the values have."""
        mark = "|" if self.is_list else self.separator
        return len({part.strip() for value in self.counts for part in value.split(mark)}) if mark else self.distinct

    @cached_property
    def times(self) -> Times | None:
        """How times are written; None where the values are none."""
        probed = self.filled[:: max(1, len(self.filled) // _PROBED)]
        if not probed:
            return None
        declared = _formatted(probed, (self.time_format,)) if self.time_format else None
        return declared or _epoch(probed) or _iso(probed) or _formatted(probed, _FORMATS)

    def shown(self, most: int = 4) -> str:
        """The most frequent values, with how often each is there."""
        common = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:most]
        told = ", ".join(f"{' '.join(value.split())[:30]} {count:,}" for value, count in common)
        return told + (", …" if self.distinct > most else "")

    def _mostly(self, pattern: re.Pattern[str]) -> bool:
        fitting = sum(count for value, count in self.counts.items() if pattern.fullmatch(value))
        return bool(self.filled) and fitting >= MOSTLY * len(self.filled)


def _are_days(times: Sequence[int]) -> bool:
    return all(time % 86400 == 0 for time in times)


def _is_none(value: str) -> bool:
    return value.lower() in _NO_VALUE or re.fullmatch(r"\(no [^()]*\)", value) is not None


def _epoch(values: Sequence[str]) -> Times | None:
    numbers = [int(value.partition(".")[0]) for value in values if _EPOCH.fullmatch(value)]
    if len(numbers) < MOSTLY * len(values):
        return None
    units = Counter(_unit(number) for number in numbers)
    seconds = [number // 1000**place for number in numbers for place in (_place(number),)]
    plausible = [second for second in seconds if _EARLIEST <= second <= _LATEST]
    if len(plausible) < MOSTLY * len(numbers):
        return None
    (((unit, name), _),) = units.most_common(1)
    told = f"numbers, {name} since 1970"
    given = {"unit": unit}
    if len(units) > 1:
        given, told = {}, "numbers in several units (" + ", ".join(name for _, name in units) + "), told by magnitude"
    return Times(given, told, (), min(plausible), max(plausible))


def _unit(number: int) -> tuple[str, str]:
    return next((unit, name) for bound, unit, name in _UNITS if bound is None or number < bound)


def _place(number: int) -> int:
    return next(place for place, (bound, _, _) in enumerate(_UNITS) if bound is None or number < bound)


def _iso(values: Sequence[str]) -> Times | None:
    fitting = [value for value in values if _ISO.fullmatch(value)]
    if len(fitting) < MOSTLY * len(values):
        return None
    found = []
    for value in fitting:
        try:
            moment = datetime.fromisoformat(re.sub(r" (?=[Z+-]|[+-]\d)", "", value.replace(" ", "T", 1)))
        except ValueError:
            continue
        found.append(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    if not found:
        return None
    zoned = all(_ZONED.fullmatch(value[10:]) for value in fitting)
    told = "ISO 8601 with a zone" if zoned else "ISO 8601; no zone, read as UTC"
    return Times({}, told, (), min(found), max(found), _are_days(found))


def _formatted(values: Sequence[str], forms: Sequence[str]) -> Times | None:
    fitting = {}
    for form in forms:
        found = _parsed(values[:50], form)
        if len(found) >= MOSTLY * len(values[:50]) and len(every := _parsed(values, form)) >= MOSTLY * len(values):
            fitting[form] = every
    plausible = {form: found for form, found in fitting.items() if min(found) > 0 and max(found) < _LATEST}
    if not plausible:
        return None
    form, *rivals = sorted(plausible, key=lambda form: -len(plausible[form]))
    found = plausible[form]
    close = tuple(rival for rival in rivals if len(plausible[rival]) == len(found) and plausible[rival] != found)
    zone = "" if "%z" in form else "; no zone, read as UTC"
    return Times({"formats": form}, f"as {form}{zone}", close, min(found), max(found), _are_days(found))


def _parsed(values: Sequence[str], form: str) -> list[int]:
    found = []
    for value in values:
        try:
            moment = datetime.strptime(value, form)
        except ValueError:
            continue
        found.append(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
    return found
