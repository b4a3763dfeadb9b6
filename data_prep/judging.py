"""The SELECT that judges the rows of a file, in DuckDB's SQL: the expressions of the rules, one step upon the other."""

from data_prep import rules
from data_prep.dataset import Dataset, File
from data_prep.rules import AGE, BROKEN, FORM, REASON, ROW, quoted
from data_prep.spec import ColumnSpec


def judged(dataset: Dataset, file: File, relation: str, plain: str | None = None, *, predicates: bool = True) -> str:
    """A SELECT of the rows of a file: ROW, the values, AGE and FORM where the dataset has them, and REASON.

    Args:
        relation: a SELECT of ROW, BROKEN and the columns of the file, all of which are text.
        plain: as in `rules.text_of`.
        predicates: whether rows are judged; if not, none but broken lines has a REASON.
    """
    columns, declared = dataset.columns(file), dataset.spec.rules
    fields = dataset.fields
    texts = [f"{rules.text_of(column, plain)} as {rules.text_column(name)}" for name, column in columns.items()]
    numbers = [
        f"{number} as {rules.number_column(field.name)}" for field in fields if (number := rules.number_of(field))
    ]
    values = [f"{rules.value_of(field, columns[field.name])} as {quoted(field.name)}" for field in fields]
    extra = []
    if declared.newest_by:
        age = ColumnSpec.model_validate({"column": declared.newest_by})
        texts.append(f"{rules.text_of(age, plain)} as {rules.text_column('prep: age')}")
        values.append(f"{rules.age_of(rules.text_column('prep: age'))} as {AGE}")
        extra.append(AGE)
    if "TIMESTAMP" in columns:
        values.append(f"cast({rules.time_form('TIMESTAMP', columns['TIMESTAMP'])} as utinyint) as {FORM}")
        extra.append(FORM)
    names = ", ".join([*(quoted(field.name) for field in fields), *extra])
    checks = [rules.Rule(rules.BROKEN_LINE, BROKEN)]
    if predicates:
        checks += rules.rules(fields, columns, declared)
    return f"""
        select {ROW}, {names}, {rules.first_reason(checks)} as {REASON}
        from (select *, {", ".join(values)}
              from (select {", ".join(["*", *numbers])}
                    from (select {ROW}, {BROKEN}, {", ".join(texts)} from ({relation}))))"""
