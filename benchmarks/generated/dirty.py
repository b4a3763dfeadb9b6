"""Logs as they come: mostly good rows, and some of each thing that goes wrong; the same each time.

Of the rows, 0.5 % lack an ID, 1 % repeat an earlier row, 0.02 % have IDs that are too long, 0.2 % are broken lines
(half of them by a stray quotation mark), 0.07 % have a value that is no number, 1 % have spaces around the user. Times
are epoch seconds (60 %), milliseconds (20 %), ISO 8601 in UTC (10 %) and with a zone (10 %).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb

Kind = Literal["csv", "jsonl"]

_NEVER = "\x01\x02"
_ROWS = r"""
    with numbered as (
        select case when hash(i * 8) % 100 = 0 then i - 1 - hash(i * 8 + 6) % 50 else i end as n, i
        from range(1, {rows} + 1) t(i)),
    drawn as (
        select n, hash(n * 8 + 1) as a, hash(n * 8 + 2) as b, hash(n * 8 + 3) as c, hash(n * 8 + 4) as d,
               hash(n * 8 + 5) as e
        from numbered),
    cells as (
        select *, 1600000000 + n * 7 % 100000000 as seconds,
               case when a % 400 = 0 then '' when a % 10000 = 1 then repeat('u', 300)
                    else 'u' || (a // 10000) % ({rows} // 20 + 50) end as user,
               case when b % 400 = 0 then '' when b % 10000 = 1 then repeat('i', 300)
                    else 'i' || cast(floor(pow((b // 10000) % 1000003 / 1000003.0, 3)
                                           * greatest({rows} // 200, 500)) as integer) end as item
        from drawn),
    texts as (
        select *,
               case when c % 10 < 6 then seconds::varchar when c % 10 < 8 then (seconds * 1000 + c % 1000)::varchar
                    when c % 10 < 9 then strftime(to_timestamp(seconds), '%Y-%m-%dT%H:%M:%SZ')
                    else strftime(to_timestamp(seconds + 7200), '%Y-%m-%d %H:%M:%S') || '+02:00' end as "when",
               case when d % 10 < 7 then 'view' when d % 10 < 9 then 'cart' else 'purchase' end as kind,
               case when d % 3 = 0 then (e % 10000 / 100.0)::decimal(8, 2)::varchar
                    when d % 1000 = 1 then 'n/a' else '' end as stars
        from cells)
"""
_WIDE = r"""
    , wide as (
        select * replace (case when user = '' or length(user) > 100 then user else
                          regexp_replace(md5(user), '^(.{8})(.{4})(.{4})(.{4})', '\1-\2-\3-\4-') end as user),
               md5((n // 6)::varchar) as session, concat(n % 223 + 1, '.', n % 251, '.', n % 241, '.7') as address,
               concat('https://shop.example.com/products/', item, '?ref=', n % 97) as url,
               concat('Mozilla/5.0 (X11; Linux x86_64) Gecko/', n % 20) as agent
        from texts)
"""
_USER = "case when e % 100 = 2 then ' ' || user || ' ' else user end"
NARROW = ("user", "item", "when", "kind", "stars")
WIDE = ("session", "address", "user", "item", "url", "agent", "when", "kind", "stars")


def columns_of(*, wide: bool) -> tuple[str, ...]:
    """The columns of a log."""
    return WIDE if wide else NARROW


def write_dirty_log(path: Path, rows: int, kind: Kind, *, wide: bool = False) -> None:
    """Write a log with the columns user, item, when, kind and stars.

    Args:
        wide: As a web server writes it, with more columns than are wanted, and UUIDs for the users.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'; set memory_limit = '2GiB'; set enable_progress_bar = false")
        names = columns_of(wide=wide)
        line = _csv(names) if kind == "csv" else _json(names)
        query = f"{_ROWS.format(rows=rows)} {_WIDE if wide else ''} select {line} from {'wide' if wide else 'texts'}"
        options = f"format csv, header {kind == 'csv'}, quote '', escape '', delim '{_NEVER}'"
        connection.execute(f"copy ({query}) to '{path}' ({options})")


def _csv(names: Sequence[str]) -> str:
    cells = {"user": _USER, "item": """case when e % 1000 = 1 then '"' else '' end || item"""}
    whole = ", ',', ".join(cells.get(name, f'"{name}"') for name in names)
    return f"""case when e % 1000 = 0 then concat(user, ',', item) else concat({whole}) end as "{",".join(names)}" """


def _json(names: Sequence[str]) -> str:
    cells = {
        "user": f"""'"' || {_USER} || '"'""",
        "when": """case when contains("when", '-') then '"' || "when" || '"' else "when" end""",
        "stars": """case stars when '' then 'null' when 'n/a' then '"n/a"' else stars end""",
    }
    texts = {name: f"""'"' || "{name}" || '"'""" for name in names} | cells
    members = ", ', ', ".join(f"""'"{name}": ', {texts[name]}""" for name in names)
    broken = """when e % 1000 = 0 then concat('{"user": "', user, '", "item":') when e % 1000 = 1 then user"""
    return f"""case {broken} else concat('{{', {members}, '}}') end as line"""
