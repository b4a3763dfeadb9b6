"""Whether a specification fits the files that were read: its columns are there, and its expressions can be used."""

from collections.abc import Sequence

import duckdb

from data_prep import rules
from data_prep.dataset import Dataset
from data_prep.engines.reading import Loaded, shown
from data_prep.errors import SourceError, first_line
from data_prep.judging import judged


def refuse_missing_columns(dataset: Dataset, files: Sequence[Loaded]) -> None:
    """Look for the columns that a specification names.

    Raises:
        SourceError: some files lack columns; every one is told.
    """
    problems = []
    for loaded in files:
        wanted = [column.column for column in dataset.origins(loaded.file)]
        if missing := [name for name in wanted if name is not None and name not in loaded.columns]:
            problems.append(
                f"datasets.{dataset.name}: {shown(loaded.file)} has no columns {missing}, it has {list(loaded.columns)}"
            )
    if problems:
        raise SourceError("\n".join(problems))


def refuse_bad_expressions(connection: duckdb.DuckDBPyConnection, dataset: Dataset, loaded: Loaded) -> None:
    """Try the expressions of a specification on a file, without any row.

    Raises:
        SourceError: some cannot be used; every one is told.
    """
    problems = []
    for name, column in dataset.columns(loaded.file).items():
        try:
            connection.execute(f"select {rules.text_of(column)} from ({loaded.relation}) limit 0")
        except duckdb.Error as error:
            problems.append(
                f"datasets.{dataset.name}.columns.{name}.sql: {column.sql} cannot be used on "
                f"{shown(loaded.file)}, which has the columns {list(loaded.columns)}: {first_line(error)}"
            )
    for reason, predicate in dataset.spec.rules.reject.items() if not problems else ():
        try:
            values = judged(dataset, loaded.file, loaded.relation, predicates=False)
            connection.execute(f"select * from ({values}) where ({predicate}\n) limit 0")
        except duckdb.Error as error:
            problems.append(
                f"datasets.{dataset.name}.rules.reject.{reason}: {predicate} cannot be used on the columns "
                f"{list(dataset.spec.columns)}: {first_line(error)}"
            )
    if problems:
        raise SourceError("\n".join(problems))
