"""Let a new version take over a campaign, if it is good enough."""

import json
from collections.abc import Mapping
from typing import Any

from personalize_stack.retraining.states import States, call, choose, end, expression, fail, note, wait

_CAMPAIGN = "$states.result.Campaign"
_UPDATE = f"{_CAMPAIGN}.LatestCampaignUpdate"
_SEEN: Mapping[str, Any] = {
    "serving": expression(f"{_CAMPAIGN}.SolutionVersionArn"),
    "campaignState": expression(f"{_CAMPAIGN}.Status & ' ' & ($exists({_UPDATE}) ? {_UPDATE}.Status : '')"),
    "updateReason": expression(f"$exists({_UPDATE}.FailureReason) ? {_UPDATE}.FailureReason : ''"),
}
# Worse than what serves by more than is tolerated, or not measured any more.
_REFUSALS = """(
  $tolerated := {tolerated};
  [$tolerated[
    $exists($lookup($before, metric)) and
    ($exists($lookup($metrics, metric)) ? $lookup($metrics, metric) < $lookup($before, metric) * (1 - tolerance) : true)
  ].{{
    'metric': metric,
    'tolerance': tolerance,
    'serving': $lookup($before, metric),
    'new': $exists($lookup($metrics, metric)) ? $lookup($metrics, metric) : 'none'
  }}]
)"""


def promotion_states(gate: Mapping[str, float]) -> States:
    """Return the states for one campaign.

    The input of the first is {"campaign", "campaignArn", "parameter"}: the parameter tells who serves. `$version` and
    `$metrics` are the new version's. The last ends with {"campaign", "outcome", "before", "refusals"}: the outcome is
    "promoted", "served already", "refused" or "not there"; before is the version that served.

    Args:
        gate: By metric, how much worse it may be, as a share.
    """
    tolerated = [{"metric": metric, "tolerance": tolerance} for metric, tolerance in gate.items()]
    campaign = {"CampaignArn": expression("$states.input.campaignArn")}
    about = {"campaign": expression("$states.input.campaign"), "before": expression("$served")}
    return {
        "BeginWithTheCampaign": note({"served": "", "before": {}, "refusals": []}, then="LookAtTheCampaign"),
        "LookAtTheCampaign": call(
            "personalize",
            "describeCampaign",
            campaign,
            assign={**_SEEN, "served": expression(f"{_CAMPAIGN}.SolutionVersionArn")},
            otherwise={"Personalize.ResourceNotFoundException": "NotThere"},
            then="IsTheCampaignFree",
        ),
        "NotThere": end({**about, "outcome": "not there", "refusals": []}),  # it is paused
        "IsTheCampaignFree": choose(
            ("$contains($campaignState, 'PENDING') or $contains($campaignState, 'PROGRESS')", "WaitForTheCampaign"),
            ("$serving = $version", "NoteThatItServes"),
            otherwise="ReadTheMetricsOfWhatServes",
        ),
        "WaitForTheCampaign": wait(then="LookAtTheCampaign"),
        "ReadTheMetricsOfWhatServes": call(
            "personalize",
            "getSolutionMetrics",
            {"SolutionVersionArn": expression("$serving")},
            assign={"before": expression("$states.result.Metrics")},
            then="Judge",
        ),
        "Judge": note(
            {"refusals": expression(_REFUSALS.format(tolerated=json.dumps(tolerated)))}, then="IsItGoodEnough"
        ),
        "IsItGoodEnough": choose(("$count($refusals) = 0", "Promote"), otherwise="Refused"),
        "Promote": call(
            "personalize",
            "updateCampaign",
            {**campaign, "SolutionVersionArn": expression("$version")},
            then="WaitForThePromotion",
        ),
        "WaitForThePromotion": wait(then="LookAtThePromotion"),
        "LookAtThePromotion": call(
            "personalize", "describeCampaign", campaign, assign=_SEEN, then="HasThePromotionEnded"
        ),
        "HasThePromotionEnded": choose(
            ("$contains($campaignState, 'PENDING') or $contains($campaignState, 'PROGRESS')", "WaitForThePromotion"),
            ("$serving = $version", "NoteThatItServes"),
            otherwise="PromotionFailed",
        ),
        "PromotionFailed": fail(
            "PromotionFailed",
            "$states.input.campaignArn & ' goes on with ' & $served & '; it does not take over ' & $version & ': ' & "
            "$updateReason",
        ),
        "NoteThatItServes": call(
            "ssm",
            "putParameter",
            {
                "Name": expression("$states.input.parameter"),
                "Type": "String",
                "Overwrite": True,
                "Value": expression(
                    "$string({'version': $version, 'by': 'retraining', 'run': $states.context.Execution.Id})"
                ),
            },
            then="WhoServedBefore",
        ),
        "WhoServedBefore": choose(("$served = $version", "ServedAlready"), otherwise="Promoted"),
        "ServedAlready": end({**about, "outcome": "served already", "refusals": []}),
        "Promoted": end({**about, "outcome": "promoted", "refusals": []}),
        "Refused": end({**about, "outcome": "refused", "refusals": expression("$refusals")}),
    }
