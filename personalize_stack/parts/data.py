"""The dataset group with its datasets, and the data that is brought into them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aws_cdk import Duration

from data_prep.manifest import Part, content_hash
from data_prep.schemas import DATASET_TYPES
from personalize_stack.config.jobs import Import
from personalize_stack.data import DatasetImport
from personalize_stack.dataset_group import Dataset, DatasetBase, DatasetGroup, DatasetGroupBase, Schema
from personalize_stack.metric_attribution import AttributedMetric, MetricAttribution
from personalize_stack.parts.outputs import pascal
from personalize_stack.parts.site import Site
from personalize_stack.storage import PreparedFile, PreparedFolder

IMMUTABLE = ("interactions", "actions", "action_interactions")
"""The datasets whose schema the service cannot change: another one takes another dataset group."""

Mode = Literal["FULL", "INCREMENTAL"]


@dataclass(frozen=True)
class Data:
    """A dataset group and what is in it, by the names of the datasets."""

    group: DatasetGroupBase
    datasets: Mapping[str, DatasetBase]
    imports: Mapping[str, DatasetImport]


def build_data(site: Site) -> Data:
    """Build the dataset group, the declared datasets, the metric attribution and the imports."""
    specs = {str(name): spec for name, spec in site.project.datasets.items()}
    schemas = {name: _prepared_schema(site, name) for name in specs}
    group = _group(site, schemas)
    site.outputs.publish("DatasetGroupArn", "dataset-group/arn", group.dataset_group_arn)
    declared = {name: _dataset(site, group, name, schema) for name, schema in schemas.items()}
    datasets = {**_existing(site, group), **declared}
    attribution = _metric_attribution(site, group, datasets)
    imports = {name: _import(site, name, dataset, specs[name].import_) for name, dataset in declared.items()}

    for name, imported in imports.items():
        if attribution and specs[name].import_.publish_attribution_metrics:
            imported.node.add_dependency(attribution)
    return Data(group, datasets, imports)


def fingerprint(schemas: Mapping[str, Any]) -> str:
    """Return a text that is another one when a schema that the service cannot change is another one."""
    fixed = {name: schema for name, schema in schemas.items() if name in IMMUTABLE}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]


def _prepared_schema(site: Site, name: str) -> Any:
    return json.loads((site.manifest.folder / site.manifest.datasets[name].schema_file).read_text("utf-8"))


def _group(site: Site, schemas: Mapping[str, Any]) -> DatasetGroupBase:
    if site.project.dataset_group:
        return DatasetGroup.from_dataset_group_arn(site.stack, "Group", site.project.dataset_group)
    return DatasetGroup(
        site.stack,
        "Group",
        domain=site.project.domain,
        encryption_key=site.storage.key,
        role=site.storage.role,
        generation=fingerprint(schemas),
    )


def _existing(site: Site, group: DatasetGroupBase) -> dict[str, DatasetBase]:
    """The datasets that an existing dataset group may have; their ARNs follow from the group's."""
    if not site.project.dataset_group:
        return {}
    prefix = site.project.dataset_group.replace(":dataset-group/", ":dataset/", 1)
    return {
        name: Dataset.from_dataset_arn(site.stack, f"Existing{pascal(name)}", f"{prefix}/{name.upper()}", group)
        for name in DATASET_TYPES[None]
        if name not in site.project.datasets
    }


def _dataset(site: Site, group: DatasetGroupBase, name: str, avro: Mapping[str, Any]) -> Dataset:
    schema = Schema(site.stack, f"{pascal(name)}Schema", avro=avro, domain=site.project.domain)
    dataset = Dataset(site.stack, pascal(name), dataset_group=group, dataset_type=name, schema=schema)
    site.outputs.publish(f"Dataset{pascal(name)}Arn", f"datasets/{name}/arn", dataset.dataset_arn)
    if name == "action_interactions":
        site.outputs.publish("ActionTrackingId", "action-tracking-id", dataset.tracking_id)
    return dataset


def _import(site: Site, name: str, dataset: Dataset, declared: Import) -> DatasetImport:
    """Import what is prepared: the full output, and what came since if that is prepared alone.

    The import of the full output stays as it was deployed, so it runs only where it never ran.
    """
    prepared = site.manifest.datasets[name]
    if prepared.mode == "FULL":
        # Into a dataset group that is there already, a full import would replace what others have brought.
        mode = declared.mode if site.project.dataset_group else "FULL"
        return _import_job(site, name, dataset, declared, parts=prepared.parts, mode=mode)
    full = _import_job(site, name, dataset, declared, parts=prepared.baseline, mode="FULL")
    increment = _import_job(site, name, dataset, declared, parts=prepared.parts, mode="INCREMENTAL")
    increment.node.add_dependency(full)
    return increment


def _import_job(
    site: Site, name: str, dataset: Dataset, declared: Import, *, parts: Sequence[Part], mode: Mode
) -> DatasetImport:
    what = pascal(name) + ("Increment" if mode == "INCREMENTAL" else "")
    paths, sha256 = [site.manifest.place(part.file) for part in parts], content_hash(parts)
    data: PreparedFile | PreparedFolder
    if len(paths) == 1:
        data = PreparedFile(site.stack, f"{what}File", storage=site.storage, path=paths[0], prefix=name, sha256=sha256)
    else:
        data = PreparedFolder(site.stack, f"{what}Files", storage=site.storage, paths=paths, prefix=name, sha256=sha256)
    return DatasetImport(
        site.stack,
        f"{what}Import",
        dataset=dataset,
        data=data,
        role=site.storage.role,
        mode=mode,
        run=declared.run,
        publish_attribution_metrics=declared.publish_attribution_metrics,
        max_duration=Duration.hours(site.project.max_import_hours),
    )


def _metric_attribution(
    site: Site, group: DatasetGroupBase, datasets: Mapping[str, DatasetBase]
) -> MetricAttribution | None:
    declared = site.project.metric_attribution
    if declared is None:
        return None
    site.storage.report_metrics()
    attribution = MetricAttribution(
        site.stack,
        "MetricAttribution",
        dataset_group=group,
        metrics=[
            AttributedMetric(event_type=metric.event_type, metric_name=name, expression=metric.expression)
            for name, metric in declared.metrics.items()
        ],
        output=site.output_folder("metric-attribution", declared.output),
        role=site.storage.role,
        datasets=list(datasets.values()),
    )
    site.outputs.tell("MetricAttributionArn", attribution.metric_attribution_arn)
    return attribution
