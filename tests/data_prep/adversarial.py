"""Logs with whatever has been seen to be read differently by different engines, in every format and of many shapes."""

import csv
import gzip
import io
import json
from itertools import product

import duckdb

START = 1_600_000_000
FIELDS = ("user", "item", "when", "kind", "stars")

IDS = (
    *("a", " a ", "a\t", "\u00a0a", "\u2003a\u2003", "a b", "A", "\u00e4", "a\u0308", "\u1e9e", "\u0130", "\U0001f600"),
    *("+1", "-1", "01", "1.0", "1e3", "0x1F", "inf", "-Infinity", "NaN", "null", "NULL", "None", "true", "\\N", "\\"),
    *("'", "''", 'say "so"', "a,b", "a;b", "a|b", "$1", "#a", "--", "/*", "{}", "[1]", "\x7f", "\u200b", "\ufeffa"),
    *("", " ", "\t", "u" * 256, "u" * 257, "\U0001f600" * 256, "\U0001f600" * 257, "\u00fc" * 256),
)
TIMES = (
    *("1600000000", "1600000000.0", "1600000000.999", "1600000000.", "1600000000999", "1600000000999999"),
    *("1600000000999999999", "99999999999", "100000000000", "99999999999999", "100000000000000", "1e9", "+1600000000"),
    *("-1", "0", "0.9", "1", " 1600000000 ", "16000000000000000000", "1_600_000_000", "0x5F5E100", "inf", "nan", ""),
    *("2020-09-13", "2020-09-13T12:26", "2020-09-13T12:26:40", "2020-09-13 12:26:40Z", "2020-09-13 12:26:40 Z"),
    *("2020-09-13T12:26:40.5+00:00", "2020-09-13T14:26:40.999999999+0200", "2020-09-13T14:26:40+02"),
    *("2020-09-13T07:56:40-04:30", "2020-09-13T12:26:40-00:00", "2020-09-13T12:26:40+18:01", "2020-09-13T24:00:00"),
    *("2020-09-13T12:26:60", "2020-02-29", "2021-02-29", "2020-13-01", "0000-01-01", "9999-12-31", "1969-12-31"),
    *("1969-12-31T23:59:59.9Z", "1970-01-01T00:00:00.9Z", "2020-09-13T12:26:40 Europe/Paris", "2020-9-13"),
    *("13/09/2020", "13/09/2020 12:26", "20200913", "13/13/2020", "yesterday", "2020-09-13T12:26:40\u00a0"),
)
NUMBERS = (
    *("1", "-0", "0", "+1.5", ".5", "5.", "1e2", "1E-5", "1e16", "123456789012345678", "0.1", "3.4e38", "3.5e38"),
    *("1e-320", "1e999", "1e", "e1", "0x10", "inf", "nan", "1,5", "1 000", " 2 ", "1_0", "\u0661", "--1", "", "true"),
    *("0.30000000000000004", "1e-7", "100000000000000000000", "2.5e-3", "9007199254740993"),
)
KINDS = ("view", "View", " buy", "hover", "", "\u00fc", "v" * 256, "v" * 257, "0", "click")


def good(number):
    """So many good rows that the service would take the whole."""
    return [
        (f"u{n % 60}", f"i{n % 41}", str(START + 60 * n), ("view", "buy")[n % 7 == 0], f"{n % 5}.5")
        for n in range(number)
    ]


def odd():
    """Every odd value in a row that is good but for it, and rows that are alike or nearly so."""
    rows = [(text, "i1", str(START + 7 * n), "view", "1") for n, text in enumerate(IDS)]
    rows += [("u1", text, str(START + 11 * n), "view", "1") for n, text in enumerate(IDS)]
    rows += [(f"t{n}", "i1", text, "view", "1") for n, text in enumerate(TIMES)]
    rows += [(f"n{n}", "i1", str(START), "view", text) for n, text in enumerate(NUMBERS)]
    rows += [(f"k{n}", "i1", str(START), text, "1") for n, text in enumerate(KINDS)]
    rows += [(f"d{n // 3}", "i1", str(START + n), "view", str(n)) for n in range(12)]  # near duplicates
    rows += [("d", "i1", when, "view", stars) for when, stars in product((str(START), f"{START}000"), ("1", "2"))]
    rows += [("robot", f"i{n}", str(START + n % 50), "view", "1") for n in range(60)]
    rows += [("lone", "i1", str(START), "view", "1"), ("qa-7", "i1", str(START), "view", "1")]
    return rows


BROKEN_CSV = (
    *("a", "a,b", "a,b,c,d,e,f", ",,,,", '"', '"a', 'a"b,i1,1600000000,view,1', '"a"b,i1,1600000000,view,1', "   "),
    *('""a"",i1,1600000000,view,1', '"a""b",i1,1600000000,view,1', '"",i1,1600000000,view,1', "", "\x00,i1,1,view,1"),
    *('"two\nlines",i1,1600000000,view,1', '"three\n\nlines, ""quoted""",i1,1600000000,view,1', '"open\nrow,i1,1,v,1'),
    *("\u2028,i1,1600000000,view,1", 'x,"a\r\nb",1600000000,view,1'),
)
BROKEN_JSON = (
    *("{", "{}", "[]", "null", "1", '"text"', "{'user': 1}", '{"user": "a"', '{"user": "a"} {"user": "b"}', "   ", ""),
    '{"user": NaN, "item": "i1", "when": 1600000000, "kind": "view", "stars": 1}',
    '{"user": "a", "user": "b", "item": "i1", "when": 1600000000, "kind": "view", "stars": 1}',
    '{"user": "\\u00e4\\ud83d\\ude00", "item": "i1", "when": 1600000000, "kind": "view", "stars": 1e0}',
    '{"user": "\\ud83d", "item": "i1", "when": 1600000000, "kind": "view", "stars": 1}',
    '{"user": "a\\nb", "item": ["i", 1], "when": 1600000000.5, "kind": {"a": 1}, "stars": true}',
    '{"user": 12345678901234567890123, "item": 1.50, "when": "1600000000", "kind": null, "stars": -0.0}',
    '  {"user" : "spaced" , "item":"i1","when":1600000000,"kind":"view","stars":1}  ',
    '{"user": "late", "item": "i1", "when": 1600000000, "kind": "view", "stars": 1, "new": 1}',
)


def write(root):
    """Write the logs of all formats into a folder; return how their sources are declared."""
    rows = odd()
    as_csv = _csv(rows)
    (root / "plain.csv").write_bytes(
        (_csv(good(1200)) + as_csv + "".join(f"{line}\n" for line in BROKEN_CSV)).encode()
        + b"caf\xe9,i1,1600000000,view,1\n\n,i1,1600000000,view,1\n"
    )
    (root / "marked.csv").write_bytes(as_csv.replace("\n", "\r\n").encode("utf-8-sig"))
    (root / "marked.csv.gz").write_bytes(gzip.compress(_csv(rows[::2]).encode()))
    (root / "west.csv").write_bytes(_csv([("caf\u00e9", "i1", str(START), "view", "1")]).encode("latin-1"))
    apart = io.StringIO()
    csv.writer(apart, delimiter="^", quotechar="'", escapechar="\\", doublequote=False).writerows(rows)
    (root / "apart.txt").write_text(apart.getvalue() + "it's^i1^1600000000^view^1\n'open^i1^1\n", newline="")
    lines = [json.dumps(dict(zip(FIELDS, row, strict=True)), ensure_ascii=n % 2 == 0) for n, row in enumerate(rows)]
    (root / "log.jsonl").write_text("\n".join([*lines, *BROKEN_JSON]) + "\n")
    nested = [
        {"who": {"id": user}, "what": {"item": item, "at": when, "of": [kind, stars]}}
        for user, item, when, kind, stars in rows
    ]
    (root / "nested.jsonl").write_text("".join(json.dumps(line) + "\n" for line in nested))
    duckdb.sql(f"""
        copy (from read_csv('{root / "marked.csv.gz"}', all_varchar = true)) to '{root / "more.csv.zst"}'
        (format csv, header true, compression zstd);
        copy (select "user", item, kind, make_timestamp(({START} + n) * 1000000::bigint) as "when", n / 7 as stars,
                     [n, n + 1] as tags, case when n % 3 > 0 then n::decimal(9, 2) end as price
              from (select *, row_number() over () as n from '{root / "more.csv.zst"}')) to '{root / "log.parquet"}'""")
    paths = {"USER_ID": "$.who.id", "ITEM_ID": "$.what.item", "TIMESTAMP": "$.what.at", "EVENT_TYPE": "$.what.of[0]"}
    return [
        *("plain.csv", "marked.csv*", "more.csv.zst", "log.jsonl", "log.parquet"),
        {"path": "west.csv", "encoding": "latin-1"},
        {"path": "apart.txt", "delimiter": "^", "quote": "'", "escape": "backslash", "header": list(FIELDS)},
        {"path": "nested.jsonl", "columns": paths | {"EVENT_VALUE": "$.what.of[1]"}},
    ]


def _csv(rows):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerows([FIELDS, *rows])
    return text.getvalue()
