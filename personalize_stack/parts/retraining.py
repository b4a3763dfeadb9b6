"""What trains the solutions again."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_ssm as ssm

from personalize_stack.campaign import Campaign
from personalize_stack.config.recipes import RECIPES, USUAL_DATASETS
from personalize_stack.parts.data import Data
from personalize_stack.parts.outputs import pascal
from personalize_stack.parts.site import Site
from personalize_stack.retraining.retraining import Retraining
from personalize_stack.solution import SolutionVersion


def build_retraining(
    site: Site,
    name: str,
    data: Data,
    versions: Mapping[str, SolutionVersion],
    campaigns: Mapping[str, tuple[Campaign, ssm.StringParameter]],
) -> Retraining:
    """Build the retraining of a solution that declares one.

    Args:
        campaigns: by name, those that serve it, with the parameters that tell who serves.
    """
    declared = site.project.solutions[name]
    wanted = declared.retraining
    solution = versions[name].solution
    assert wanted is not None
    assert solution is not None
    learnt = RECIPES[declared.recipe].learns_from if declared.recipe else USUAL_DATASETS
    retraining = Retraining(
        site.stack,
        f"{pascal(name)}Retraining",
        solution=solution,
        solution_name=name,
        datasets={dataset: data.datasets[dataset] for dataset in map(str, site.project.datasets) if dataset in learnt},
        campaigns=campaigns,
        storage=site.storage,
        notifications=site.notifications,
        schedule=wanted.schedule,
        on_new_data=wanted.on_new_data,
        import_mode=wanted.import_,
        keep=Duration.days(wanted.keep_days),
        training_mode=wanted.training,
        gate={str(metric): tolerance for metric, tolerance in wanted.gate.items()},
        max_duration=Duration.hours(site.project.max_import_hours + site.project.max_training_hours),
    )
    # Nothing is started before what it works on is there.
    retraining.node.add_dependency(*(campaign for campaign, _ in campaigns.values()))
    site.outputs.publish(f"{pascal(name)}RetrainingArn", f"solutions/{name}/retraining", retraining.state_machine_arn)
    return retraining
