"""What a deploy does once: imports, batch recommendations, exports, deletions of users."""

from typing import Literal

from pydantic import Field

from data_prep.spec import DatasetSpec
from personalize_stack.config.values import (
    DatasetName,
    Declared,
    Exploration,
    Location,
    RankingInfluence,
    Run,
    S3Uri,
)

RUN = "Any text; another one does it once more. Default: none, once for what is declared here."
OUTPUT = "The S3 folder for the results. Default: one in the project's data bucket."


class Import(Declared):
    """How prepared rows are brought into a dataset."""

    mode: Literal["FULL", "INCREMENTAL"] = Field(
        "FULL",
        description="FULL replaces what was imported before. INCREMENTAL adds to it: `personalize prep` then writes "
        "only what the last full output had not; where there was none, a full one is made. Default: FULL.",
    )
    run: Run | None = Field(
        None, description="Any text; another one imports again though no row has changed. Default: none."
    )
    publish_attribution_metrics: bool = Field(
        False, description="Whether the import's part in the metric attribution is reported to S3. Default: false."
    )


class Dataset(DatasetSpec):
    """One dataset: the files that its rows are in, its columns in the order of the schema, and their import."""

    import_: Import = Field(
        Import.model_validate({}), alias="import", description="How the rows are imported. Default: in full."
    )


class _Batch(Declared):
    solution: str = Field(description="The name of the solution, as under solutions.")
    input: Location = Field(
        description="JSON Lines, one request each: a file, relative to this one, or an S3 URI of a file or folder."
    )
    output: S3Uri | None = Field(None, description=OUTPUT)
    filter: str | None = Field(None, description="The name of a filter, as under filters. Default: none.")
    num_results: int | None = Field(None, ge=1, description="How many results for each line. Default: 25.")
    run: Run | None = Field(None, description=RUN)
    max_hours: int = Field(6, ge=1, le=120, description="How long a deploy waits for it, in hours. Default: 6.")


class BatchInference(_Batch):
    """Recommendations for many users or items at once, written to S3."""

    exploration: Exploration | None = Field(
        None, description="How much it tries new items, for recipes that explore. Default: the service's own values."
    )
    ranking_influence: RankingInfluence | None = Field(
        None, description="What weighs beside likeness, for recipes of similar texts. Default: nothing."
    )
    themes: str | None = Field(
        None,
        min_length=1,
        description="Group similar items under themes, told by this column with the items' names. Default: no themes.",
    )


class BatchSegment(_Batch):
    """The users who are likely to take to an item, or to items of a kind, written to S3."""


class Export(Declared):
    """A dataset's rows, written to S3."""

    dataset: DatasetName = Field(description="The name of the dataset, as under datasets.")
    output: S3Uri | None = Field(None, description=OUTPUT)
    ingestion_mode: Literal["BULK", "PUT", "ALL"] = Field(
        "PUT", description="What was imported (BULK), what came one by one (PUT), or ALL. Default: PUT."
    )
    run: Run | None = Field(None, description=RUN)
    max_hours: int = Field(2, ge=1, le=24, description="How long a deploy waits for it, in hours. Default: 2.")


class DataDeletion(Declared):
    """Users to forget, with all that is known of them."""

    input: Location = Field(
        description="CSV with a column USER_ID, at most 100 MB: a file, relative to this one, or an S3 URI of a folder "
        "that is not encrypted with a key of your own."
    )
    run: Run | None = Field(None, description=RUN)
    max_hours: int = Field(24, ge=1, le=120, description="How long a deploy waits for it, in hours. Default: 24.")
