"""What a deploy does once: batch recommendations, segments, exports and data deletions."""

from collections.abc import Mapping

from aws_cdk import Duration

from personalize_stack.batch import BatchInference, BatchSegment, ThemeGeneration
from personalize_stack.data import DataDeletion, DatasetExport
from personalize_stack.filter import Filter
from personalize_stack.parts.data import Data
from personalize_stack.parts.outputs import pascal
from personalize_stack.parts.serving import exploration, ranking_influence
from personalize_stack.parts.site import Site
from personalize_stack.solution import SolutionVersion


def build_deletion(site: Site, name: str, data: Data) -> DataDeletion:
    """Build a declared data deletion, which begins when no import runs."""
    declared = site.project.data_deletions[name]
    deletion = DataDeletion(
        site.stack,
        f"{pascal(name)}DataDeletion",
        dataset_group=data.group,
        input=site.input(f"data-deletions/{name}", declared.input, own_key=False),
        role=site.storage.role,
        run=declared.run,
        max_duration=Duration.hours(declared.max_hours),
    )
    deletion.node.add_dependency(*data.imports.values())
    return deletion


def build_batch_inference(
    site: Site, name: str, versions: Mapping[str, SolutionVersion], filters: Mapping[str, Filter]
) -> BatchInference:
    """Build a declared batch inference job on the version of its solution."""
    declared = site.project.batch_inference[name]
    return BatchInference(
        site.stack,
        f"{pascal(name)}BatchInference",
        solution_version=versions[declared.solution],
        input=site.input(f"batch-inference/{name}", declared.input),
        output=site.output_folder(f"batch-inference/{name}", declared.output),
        role=site.storage.role,
        filter=filters[declared.filter] if declared.filter else None,
        num_results=declared.num_results,
        exploration=exploration(declared.exploration),
        ranking_influence=ranking_influence(declared.ranking_influence),
        themes=ThemeGeneration(item_name_column=declared.themes) if declared.themes else None,
        run=declared.run,
        max_duration=Duration.hours(declared.max_hours),
    )


def build_batch_segment(
    site: Site, name: str, versions: Mapping[str, SolutionVersion], filters: Mapping[str, Filter]
) -> BatchSegment:
    """Build a declared batch segment job on the version of its solution."""
    declared = site.project.batch_segments[name]
    return BatchSegment(
        site.stack,
        f"{pascal(name)}BatchSegment",
        solution_version=versions[declared.solution],
        input=site.input(f"batch-segments/{name}", declared.input),
        output=site.output_folder(f"batch-segments/{name}", declared.output),
        role=site.storage.role,
        filter=filters[declared.filter] if declared.filter else None,
        num_results=declared.num_results,
        run=declared.run,
        max_duration=Duration.hours(declared.max_hours),
    )


def build_export(site: Site, name: str, data: Data) -> DatasetExport:
    """Build a declared export of a dataset, once its rows are imported."""
    declared = site.project.exports[name]
    export = DatasetExport(
        site.stack,
        f"{pascal(name)}Export",
        dataset=data.datasets[declared.dataset],
        output=site.output_folder(f"exports/{name}", declared.output),
        role=site.storage.role,
        ingestion_mode=declared.ingestion_mode,
        run=declared.run,
        max_duration=Duration.hours(declared.max_hours),
    )
    if declared.dataset in data.imports:
        export.node.add_dependency(data.imports[declared.dataset])
    return export
