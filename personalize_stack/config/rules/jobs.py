"""What jobs demand: filters that fit, folders that differ, columns that exist."""

from collections.abc import Callable, Iterator

from personalize_stack.config.rules import filters
from personalize_stack.config.rules.draft import Draft, Finding
from personalize_stack.config.words import allowed, shown

MAX_RESULTS = {"batch_inference": 500, "batch_segments": 5_000_000}


def _filters(draft: Draft) -> Iterator[Finding]:
    for path, entry in draft.entries(*MAX_RESULTS):
        name, known = entry.get("filter"), draft.mapping("filters")
        if not isinstance(name, str):
            continue
        if name not in known:
            yield (*path, "filter"), f"{shown(name)} given; no such filter; {allowed(known, name)}"
            continue
        recipe, subjects = draft.recipe(entry.get("solution")), filters.subjects(draft.text("filters", name) or "")
        if recipe is not None and any(subject != recipe.subject.lower() for subject in subjects):
            text = f"{shown(name)} given; {recipe.short_name} needs a filter of {recipe.subject}"
            yield (*path, "filter"), text


def _results(draft: Draft) -> Iterator[Finding]:
    for path, entry in draft.entries(*MAX_RESULTS):
        given, most = entry.get("num_results"), MAX_RESULTS[path[0]]
        if isinstance(given, int) and given > most:
            yield (*path, "num_results"), f"{given} given; should be at most {most:,}"


def _locations(draft: Draft) -> Iterator[Finding]:
    for path, entry in draft.entries("batch_inference", "batch_segments", "data_deletions"):
        given, output = entry.get("input"), entry.get("output")
        if not isinstance(given, str):
            continue
        scheme, separator, rest = given.partition("://")
        if separator and (scheme != "s3" or not rest.strip("/")):
            yield (*path, "input"), f"{shown(given)} given; should be a file, or s3://BUCKET/KEY"
        elif path[0] == "data_deletions" and separator and not given.endswith("/"):
            yield (*path, "input"), f"{shown(given)} given; should be the S3 URI of a folder, ending in /"
        elif isinstance(output, str) and _folder(given) == _folder(output):
            yield (*path, "output"), f"{shown(output)} given; should be another folder than that of the input"


def _folder(uri: str) -> str:
    return uri.rpartition("/")[0]


def _themes(draft: Draft) -> Iterator[Finding]:
    for path, _ in draft.entries("batch_inference"):
        column = draft.text(*path, "themes")
        if column is None:
            continue
        if draft.lacks_column("items", column):
            yield (*path, "themes"), f"{shown(column)} given; no such column in datasets.items"
        elif "items" in draft.fields and not any(field.textual for field in draft.fields["items"].values()):
            yield (*path, "themes"), "themes need a column of items that is marked textual: true"


def _exports(draft: Draft) -> Iterator[Finding]:
    for path, entry in draft.entries("exports"):
        dataset = entry.get("dataset")
        if isinstance(dataset, str) and dataset in draft.dataset_types and draft.lacks(dataset):
            declared = allowed(list(draft.mapping("datasets")), dataset)
            yield (*path, "dataset"), f"{shown(dataset)} given; no such dataset in datasets; {declared}"


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (_filters, _results, _locations, _themes, _exports)
