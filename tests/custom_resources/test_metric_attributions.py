"""What only metric attributions have: a list of which each entry is added and removed by itself."""

from .simulation import describe


def metric(name, event_type="watch", expression="SAMPLECOUNT()"):
    return {"metricName": name, "eventType": event_type, "expression": expression}


def names(personalize, attribution):
    answer = personalize.list_metric_attribution_metrics(metricAttributionArn=attribution.physical_id)
    return [found["metricName"] for found in answer["metrics"]]


def test_metrics_come_and_go_in_place(cloudformation, templates, personalize, faults):
    def properties(*metrics):
        return templates.properties("MetricAttribution", metrics=[*metrics])

    created = cloudformation.create("MetricAttribution", properties(metric("watched"), metric("clicked", "click")))

    updated = cloudformation.update(created, properties(metric("watched"), metric("liked", "like")))

    assert updated.physical_id == created.physical_id
    assert names(personalize, updated) == ["WATCHED", "LIKED"]
    (request,) = faults.sent("UpdateMetricAttribution")
    assert request == {
        "metricAttributionArn": created.physical_id,
        "addMetrics": [metric("liked", "like")],
        "removeMetrics": ["CLICKED"],
    }


def test_another_event_for_a_metric_takes_its_place(cloudformation, templates, personalize):
    created = cloudformation.create("MetricAttribution", templates.properties("MetricAttribution"))

    cloudformation.update(created, templates.properties("MetricAttribution", metrics=[metric("watched", "view")]))

    answer = personalize.list_metric_attribution_metrics(metricAttributionArn=created.physical_id)
    assert [(found["metricName"], found["eventType"]) for found in answer["metrics"]] == [("WATCHED", "VIEW")]


def test_what_others_added_or_removed_stays_so(cloudformation, templates, personalize, clock):
    """The template changes neither."""
    both = [metric("watched"), metric("clicked", "click")]
    created = cloudformation.create("MetricAttribution", templates.properties("MetricAttribution", metrics=both))
    theirs = [metric("bought", "buy")]
    personalize.update_metric_attribution(
        metricAttributionArn=created.physical_id, addMetrics=theirs, removeMetrics=["CLICKED"]
    )
    clock.advance(3_600)

    more = [*both, metric("liked", "like")]
    cloudformation.update(created, templates.properties("MetricAttribution", metrics=more))

    assert names(personalize, created) == ["WATCHED", "BOUGHT", "LIKED"]


def test_a_group_has_room_for_one(cloudformation, templates, personalize):
    created = cloudformation.create("MetricAttribution", templates.properties("MetricAttribution"))

    assert cloudformation.create("MetricAttribution", templates.properties("MetricAttribution")) == created
    assert describe(personalize, created)["status"] == "ACTIVE"
