"""What a recommender will cost, and what it has used."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from data_prep.prepare import prepare
from operations.aws import Aws
from operations.cost.prices import load_prices
from operations.cost.recommenders import billed
from operations.cost.show import show_estimate, show_used
from operations.cost.training import forecast
from operations.cost.used import earlier_trainings
from operations.errors import OperationError
from personalize_stack.config.load import load

DAY = 86_400
CONFIG = """\
project: films
region: eu-west-1
datasets: {interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}
solutions:
  hrnn: {recipe: user-personalization}
  new: {recipe: user-personalization-v2, auto_training_days: 7}
  similar: {recipe: similar-items, tuning: {jobs: 3}}
campaigns:
  hrnn: {solution: hrnn, min_provisioned_tps: 2}
  new: {solution: new}
event_tracker: true
"""


@pytest.fixture
def project(tmp_path):
    rows = "".join(f"u{row % 40},i{row % 30},{1_700_000_000 + row * 2 * DAY // 30}\n" for row in range(1_500))
    (tmp_path / "log.csv").write_text("u,i,t\n" + rows)
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    project = load(tmp_path / "personalize.yaml")
    prepare(project.datasets, project.root, project.root / project.prepared)
    return project


@pytest.fixture
def estimated(project, console, monkeypatch):
    """The lines of the estimate, by what they are for; without an account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def run(**options):
        show_estimate([project], console, as_json=True, **options)
        told = json.loads(console.file.getvalue())["environments"]["films-dev"]
        assert told["usd"] == pytest.approx(sum(line["usd"] or 0 for line in told["lines"]), abs=0.01)
        return {line["what"]: line for line in told["lines"]}

    return run


@pytest.mark.parametrize(("interactions", "hours"), [(100_000, 2.1), (25_000_000, 53.9)])
def test_trainings_are_forecast_as_they_are_reported(interactions, hours):
    found = forecast("aws-user-personalization", interactions, load_prices())
    assert found.hours == pytest.approx(hours, rel=0.02)
    assert found.usd == pytest.approx(hours * 0.24, rel=0.02)


def test_earlier_trainings_are_the_better_guide():
    found = forecast("aws-user-personalization", 100_000, load_prices(), [3.0, 5.0, 4.0, 99.0])
    assert (found.hours, found.basis) == (4.0, "as the last 3 trainings took")


def test_v2_recipes_are_billed_by_interactions_whatever_earlier_ones_took():
    found = forecast("aws-user-personalization-v2", 1_000_000, load_prices(), [3.0])
    assert (found.hours, found.usd) == (None, 2.0)


def test_each_line_has_its_amount_and_what_it_assumes(estimated):
    lines = estimated(requests=730 * 3600 * 2, events=2_000_000, trainings=2)
    assert lines["solutions.hrnn"]["usd"] == pytest.approx(2 * (1.93 + 2.08 * 0.0015) * 0.24)
    assert lines["solutions.new"]["usd"] == pytest.approx(30.4 / 7 * 1.5 * 0.002)
    assert lines["solutions.new"]["assumption"].startswith("every 7 days, by the service")
    assert lines["solutions.similar"]["quantity"] == "11.6 hours"
    assert lines["campaigns.hrnn"]["usd"] == pytest.approx(2 * 730 * 0.2)  # the minimum, though 1 TPS would do
    assert lines["campaigns.new"]["usd"] == pytest.approx(730 * 3600 / 1000 * 0.15)
    assert lines["events"]["usd"] == pytest.approx(1.0 * 0.05)
    assert "events as given, requests as given" in lines["campaigns.hrnn"]["assumption"]


def test_recommenders_are_billed_by_the_hour_their_users_and_what_is_beyond_the_free_requests():
    prices = load_prices()
    assert billed(prices, 40, [1.0] * 730) == pytest.approx(730 * 0.375)
    assert billed(prices, 250_000, [1.0, 0.0]) == pytest.approx(0.375 + 2 * 0.045)  # stopped in one of two hours
    assert billed(prices, 40, [5.0]) == pytest.approx(0.375 + (5 * 3.6 - 4) * 0.0833)
    assert billed(prices.model_copy(update={"recommender_requests_1000": None}), 40, [5.0]) is None


def test_batch_jobs_without_a_known_price_are_taken_at_another_one_and_marked(estimated, project, tmp_path, console):
    (tmp_path / "some.jsonl").write_text('{"userId": "u1"}\n{"userId": "u2"}\n')
    jobs = (
        "batch_inference: {mail: {solution: new, input: some.jsonl}, late: {solution: hrnn, input: 's3://b/all/'}}\n"
        "batch_segments: {fans: {solution: fans, input: some.jsonl, num_results: 500}}\n"
    )
    text = CONFIG.replace("solutions:", "solutions:\n  fans: {recipe: item-affinity}")
    (tmp_path / "personalize.yaml").write_text(text + jobs)
    with_jobs = load(tmp_path / "personalize.yaml")
    show_estimate([with_jobs], console)
    told = console.file.getvalue()
    assert "no price is known, so that of a request to a v2 recipe is taken" in " ".join(told.split())
    assert "~0.15" in told  # 1,000 users in two segments
    console.file.truncate(0)
    console.file.seek(0)
    show_estimate([with_jobs], console, as_json=True)
    lines = {line["what"]: line for line in json.loads(console.file.getvalue())["environments"]["films-dev"]["lines"]}
    mail, late, fans = (lines[name] for name in ("batch_inference.mail", "batch_inference.late", "batch_segments.fans"))
    assert [(mail["usd"], mail["assumed"]), (late["usd"], late["assumed"]), (fans["usd"], fans["assumed"])] == [
        (pytest.approx(2 / 1000 * 0.15), False),
        (pytest.approx(40 / 1000 * 0.15), True),  # as if for every user of the log
        (pytest.approx(0.15), True),
    ]


def test_what_is_not_given_follows_from_the_log(estimated):
    lines = estimated()
    a_month = 1_500 / (100 / 30.4)  # the log has 1,500 rows in 100 days
    assert f"{a_month:,.0f} events" in lines["events"]["assumption"]


def test_prices_can_be_replaced_and_a_wrong_file_is_refused(estimated, tmp_path):
    text = "date: 2027-01-01\n" + "\n".join(f"{name}: 1" for name in load_prices().model_dump() if name != "date")
    (tmp_path / "ours.yaml").write_text(text)
    assert estimated(prices=tmp_path / "ours.yaml")["campaigns.hrnn"]["usd"] == 2 * 730
    (tmp_path / "ours.yaml").write_text("date: 2027-01-01\ntps_hours: 1\n")
    with pytest.raises(OperationError, match=r"are not as they should be: .*tps_hours: extra inputs are not permitted"):
        load_prices(tmp_path / "ours.yaml")
    with pytest.raises(OperationError, match="cannot be read"):
        load_prices(tmp_path / "none.yaml")


def test_what_was_used_and_saved_is_told(project, cloud, cloudformation, bench, clock, console):
    ssm, cloudwatch = boto3.client("ssm"), boto3.client("cloudwatch")
    clock.advance(-clock.now() % 3600)
    solution = bench.solution(bench.group().arn)
    campaign = bench.campaign(bench.version(solution))
    ssm.put_parameter(Name="/personalize/films-dev/campaigns/popular/arn", Value=campaign, Type="String")
    ssm.put_parameter(Name="/personalize/films-dev/solutions/popular/arn", Value=solution, Type="String")
    for hour in range(24):
        moment = datetime.fromtimestamp(clock.now() + 60, UTC)
        own = [{"Name": "Stack", "Value": "films-dev"}, {"Name": "Name", "Value": "campaigns.popular"}]
        cloudwatch.put_metric_data(
            Namespace="AWS/Personalize",
            MetricData=[
                {
                    "MetricName": "GetRecommendations",
                    "Dimensions": [{"Name": "CampaignArn", "Value": campaign}],
                    "Value": 3600.0 * (20 if hour == 12 else 1),
                    "Timestamp": moment,
                }
            ],
        )
        minimum = {"MetricName": "MinimumTps", "Dimensions": own, "Value": 20.0 if hour == 12 else 2.0}
        cloudwatch.put_metric_data(Namespace="PersonalizeStack", MetricData=[{**minimum, "Timestamp": moment}])
        clock.advance(3600)
    (hours,) = earlier_trainings(Aws("eu-west-1"), "films-dev")["popular"]
    assert hours > 0
    show_used(project, console, clock, 2, as_json=True)
    told = json.loads(console.file.getvalue())["environments"]["films-dev"]
    lines = {line["what"]: line for line in told["lines"]}
    assert lines["solutions.popular"]["usd"] == pytest.approx(hours * 0.24)
    assert lines["campaigns.popular"]["quantity"] == "67 TPS-hours"  # 23 of 2 and one of 20, and one before of 1
    assert lines["campaigns.popular, saved"]["usd"] == pytest.approx(-(25 * 20 - 67) * 0.2, abs=4.1)
    assert told["usd"] == pytest.approx(lines["solutions.popular"]["usd"] + lines["campaigns.popular"]["usd"], abs=0.01)
