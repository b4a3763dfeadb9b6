"""The page's part about interactions."""

from collections import Counter

from data_prep.page import metadata
from data_prep.page.charts import bars, columns, curve, legend
from data_prep.page.markup import Content, Markup, el
from data_prep.page.numbers import count, moment, share, step_name
from data_prep.page.tables import table
from data_prep.summary.model import DatasetFigures, LogFigures, Spread

_COLOURS = 6  # event types of their own colour


def section(figures: DatasetFigures, log: LogFigures) -> Markup:
    """Charts of the interactions, and what trainings see of them."""
    return el(
        "div",
        _over_time(log),
        el(
            "div",
            _event_types(log) if log.event_types else None,
            _novelty(log),
            _histories(log),
            _sessions(log),
            _popularity(log),
            _card("Interactions per item", _spread(log.per_item, "items")),
            class_="grid2",
        ),
        _top(log),
        _trainings(log) if log.trainings else None,
        metadata.columns_card(figures) if figures.columns else None,
    )


def _card(title: str, *content: Content) -> Markup:
    return el("div", el("h3", title), *content, class_="card")


def _over_time(log: LogFigures) -> Markup:
    kinds = sorted(
        {kind for period in log.periods for kind in period.kept}, key=lambda kind: (-log.event_types.get(kind, 0), kind)
    )
    shown, others = (kinds, []) if len(kinds) <= _COLOURS else (kinds[: _COLOURS - 1], kinds[_COLOURS - 1 :])
    series = [(kind, [period.kept.get(kind, 0) for period in log.periods]) for kind in shown]
    if others:
        series.append(("all others", [sum(period.kept.get(kind, 0) for kind in others) for period in log.periods]))
    refused = [period.repeated + period.refused for period in log.periods]
    labels = [moment(period.start, log.period_seconds) for period in log.periods]
    step = step_name(log.period_seconds)
    told = f"interactions in each {step} from {labels[0]} to {labels[-1]}"
    parts: list[Content] = [
        el("p", f"By {step}, in UTC.{_mixed(log)}", class_="soft small"),
        columns(series, labels, _ends(labels), told=told),
        legend([name for name, _ in series]),
    ]
    if any(refused):
        repeated = [period.repeated for period in log.periods]
        other = [period.refused for period in log.periods]
        parts += [
            el("p", "Rows of that time that were refused.", class_="soft small"),
            columns(
                [("repeated", repeated), ("refused otherwise", other)], labels, _ends(labels), told=f"refused {told}"
            ),
            legend(["repeated", "refused otherwise"]),
        ]
    return _card("Interactions over time", *parts)


def _mixed(log: LogFigures) -> str:
    """How times were written, if in several ways."""
    forms = [f"{count(number)} in {form}" for form, number in log.time_forms.items()]
    return f" Times were written in several ways: {', '.join(forms)}." if len(forms) > 1 else ""


def _event_types(log: LogFigures) -> Markup:
    rows = [
        (kind, number, f"{count(number)} ({share(number, log.interactions)})")
        for kind, number in log.event_types.items()
    ]
    return _card("Event types", bars(rows))


def _histories(log: LogFigures) -> Markup:
    told = (
        f"Half of the users have at most {count(log.histories.median)}, nine in ten at most "
        f"{count(log.histories.p90)}, one has {count(log.histories.max)}; "
        f"{share(log.users_with_two, log.users)} have two or more."
    )
    return _card("Interactions per user", el("p", told, class_="soft small"), _spread(log.histories, "users"))


def _popularity(log: LogFigures) -> Markup:
    told = (
        f"The most popular hundredth of the items has {share(log.popularity.top_percent, 1)} of the interactions "
        f"(Gini coefficient {log.popularity.gini:.2f}); half of the items have at most {count(log.per_item.median)}."
    )
    ticks = ["the least popular items", "all items"]
    points = log.popularity.lorenz
    return _card(
        "Popularity: who has which share",
        el("p", told, class_="soft small"),
        curve(points, ticks, told="Lorenz curve: share of the interactions that the least popular items have"),
    )


def _top(log: LogFigures) -> Markup:
    top = log.popularity.top
    return _card(
        "The most popular items", bars([(item, n, f"{count(n)} ({share(n, log.interactions)})") for item, n in top])
    )


def _sessions(log: LogFigures) -> Markup:
    seen = log.sessions
    whole = seen.interactions == log.interactions
    told = (
        f"{'Of all users' if whole else f'Of {count(seen.users)} users, drawn by their ids'}: "
        f"{seen.sessions / max(seen.users, 1):.1f} sessions each, {seen.lengths.mean:.1f} interactions a session. "
        "A session ends where nothing happens for half an hour."
    )
    return _card("Interactions per session", el("p", told, class_="soft small"), _spread(seen.lengths, "sessions"))


def _novelty(log: LogFigures) -> Markup:
    new = log.novelty
    rows = [
        ("with new items", new.with_new_items, share(new.with_new_items, new.interactions)),
        ("of new users", new.of_new_users, share(new.of_new_users, new.interactions)),
        ("all of them", new.interactions, count(new.interactions)),
    ]
    told = (
        f"The newest interactions, since {moment(new.since, log.period_seconds)}: how many are with items, or of "
        f"users, that were not there before. {count(new.new_items)} items and {count(new.new_users)} users are new"
        f"{'.' if log.sessions.interactions == log.interactions else ', users as far as a sample of them tells.'}"
    )
    return _card("Cold start", el("p", told, class_="soft small"), bars(rows, new.interactions))


def _trainings(log: LogFigures) -> Markup:
    rows = [
        (
            el("code", training.place),
            training.told,
            count(training.interactions),
            share(training.interactions, log.interactions),
            count(training.users),
            count(training.users_with_two),
        )
        for training in log.trainings
    ]
    names = ("training", "learns from", "interactions >", "of all >", "users >", "with two >")
    return _card("What is left for trainings", table(names, rows))


def _spread(spread: Spread, unit: str) -> Markup:
    labels = [str(one.low) if one.low == one.high else f"{one.low}–{one.high}" for one in spread.bins]
    ticks = [f"{one.low:,}" for one in spread.bins]
    counts = Counter({label: one.count for label, one in zip(labels, spread.bins, strict=True)})
    return columns(
        [("", list(counts.values()))],
        labels,
        ticks,
        told=f"{unit} by number of interactions",
        unit=unit,
        under_each=True,
    )


def _ends(labels: list[str]) -> list[str]:
    """The first label, one in the middle and the last."""
    return labels if len(labels) < 3 else [labels[0], labels[len(labels) // 2], labels[-1]]
