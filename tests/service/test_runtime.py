"""Recommendations and rankings."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from personalize_local.service.errors import ServiceError

from .conftest import INTERACTIONS, START
from .test_jobs import batch


@pytest.fixture
def popular(lab):
    """A campaign that recommends what is popular: i0 most, then i1 and so on."""
    rows = [
        (f"u{number % 40}", f"i{item}", 1_600_000_000 + 100 * item + number, "watch")
        for item in range(10)
        for number in range(150 - item)
    ]
    group = lab.group()
    lab.import_file(lab.dataset(group), lab.upload(rows))
    items = lab.dataset(group, "Items")
    genres = [(f"i{item}", "Drama|Crime" if item % 2 else "Comedy", 2000 + item) for item in range(10)]
    lab.import_file(items, lab.upload(genres, ["ITEM_ID", "GENRES", "YEAR"], "items.csv"), "items")
    users = lab.dataset(group, "Users")
    lab.import_file(users, lab.upload([("u0", 12), ("u1", 30)], ["USER_ID", "AGE"], "users.csv"), "users")
    return lab.campaign(lab.version(lab.solution(group)), campaignConfig={"enableMetadataWithRecommendations": True})


@pytest.fixture
def personal(trained_lab):
    """A campaign of an HRNN."""
    return trained_lab.arn("campaign/hrnn")


@pytest.fixture
def ranking(trained_lab):
    """A campaign that ranks."""
    return trained_lab.arn("campaign/ranking")


def filter_arn(lab, expression, name="filter"):
    group = lab.arn("dataset-group/films")
    arn = lab("CreateFilter", name=name, datasetGroupArn=group, filterExpression=expression)["filterArn"]
    lab.wait()
    return arn


def test_popular_items_come_in_order_without_scores(lab, popular):
    answer = lab("GetRecommendations", campaignArn=popular, numResults=3)
    assert answer["itemList"] == [{"itemId": "i0"}, {"itemId": "i1"}, {"itemId": "i2"}]
    assert re.fullmatch(r"RID-[0-9a-f]{2}(-[0-9a-f]{4}){2}-[0-9a-f]{12}-CID-[0-9a-f]{6}", answer["recommendationId"])


def test_there_are_as_many_results_as_wanted_if_there_are_so_many(lab, popular):
    assert lab.recommended(popular, numResults=0) == []
    assert len(lab.recommended(popular)) == 10


@pytest.fixture(scope="module")
def tracking_id(trained_lab):
    return trained_lab.tracker(trained_lab.arn("dataset-group/films"))


def walk(*items):
    """Events of watching items one after the other, as the users of the log did."""
    return [
        {"eventType": "watch", "itemId": f"i{item}", "sentAt": 1_600_900_000 + 600 * place}
        for place, item in enumerate(items)
    ]


def test_the_recurrent_network_predicts_what_comes_next(trained_lab, personal):
    answer = trained_lab("GetRecommendations", campaignArn=personal, userId="u3", numResults=500)
    scores = [item["score"] for item in answer["itemList"]]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert answer["itemList"][0]["itemId"] == "i11"  # u3 began with i3 and took 20 steps of 12


def test_events_change_the_next_answer(trained_lab, personal, tracking_id):
    assert trained_lab.recommended(personal, userId="u5", numResults=1) == ["i1"]
    trained_lab("PutEvents", trackingId=tracking_id, sessionId="s", userId="u5", eventList=walk(1, 2, 3, 4))
    assert trained_lab.recommended(personal, userId="u5", numResults=1) == ["i5"]


def test_a_visitor_is_known_by_the_session_until_the_user_is(trained_lab, personal, tracking_id):
    trained_lab("PutEvents", trackingId=tracking_id, sessionId="visit", eventList=walk(4, 5, 6))
    assert trained_lab.recommended(personal, userId="visit", numResults=1) == ["i7"]
    login = [{"eventType": "login", "itemId": "unheard", "sentAt": 1_600_990_000}]
    trained_lab("PutEvents", trackingId=tracking_id, sessionId="visit", userId="ann", eventList=login)
    assert trained_lab.recommended(personal, userId="ann", numResults=1) == ["i7"]


def test_an_unknown_user_gets_what_is_popular(trained_lab, personal):
    assert len(trained_lab.recommended(personal, userId="nobody", numResults=5)) == 5


def test_personalization_needs_a_user(trained_lab, personal):
    assert trained_lab.refusal("GetRecommendations", campaignArn=personal) == (
        "InvalidInputException",
        "userId is required for aws-hrnn, a recipe of type USER_PERSONALIZATION.",
    )


def test_an_unknown_campaign_is_not_found(lab):
    arn = lab.arn("campaign/none")
    with pytest.raises(ServiceError, match=re.escape(f"Resource Arn {arn} does not exist.")) as caught:
        lab("GetRecommendations", campaignArn=arn)
    assert (caught.value.code, caught.value.status) == ("ResourceNotFoundException", 404)


def test_a_campaign_that_is_not_active_does_not_answer(lab, popular):
    lab("DeleteCampaign", campaignArn=popular)
    assert lab.refusal("GetRecommendations", campaignArn=popular) == (
        "InvalidInputException",
        f"Campaign {popular} is in state DELETE PENDING; it must be ACTIVE.",
    )


@pytest.mark.parametrize("both", [True, False])
def test_exactly_one_of_campaign_and_recommender_is_given(lab, popular, both):
    request = {"campaignArn": popular, "recommenderArn": lab.arn("recommender/x")} if both else {}
    assert lab.refusal("GetRecommendations", **request) == (
        "InvalidInputException",
        "Exactly one of campaignArn and recommenderArn must be given.",
    )


def test_there_are_at_most_500_results_and_50_with_metadata(lab, popular):
    assert lab.refusal("GetRecommendations", campaignArn=popular, numResults=501) == (
        "InvalidInputException",
        "numResults can be at most 500, got 501.",
    )
    columns = {"ITEMS": ["YEAR"]}
    assert lab.refusal("GetRecommendations", campaignArn=popular, numResults=51, metadataColumns=columns) == (
        "InvalidInputException",
        "numResults can be at most 50 with metadata, got 51.",
    )


def test_metadata_comes_as_text_under_lower_case_names(lab, popular):
    columns = {"ITEMS": ["GENRES", "YEAR"]}
    answer = lab("GetRecommendations", campaignArn=popular, numResults=2, metadataColumns=columns)
    assert answer["itemList"] == [
        {"itemId": "i0", "metadata": {"genres": "Comedy", "year": "2000"}},
        {"itemId": "i1", "metadata": {"genres": "Drama|Crime", "year": "2001"}},
    ]
    assert lab.refusal("GetRecommendations", campaignArn=popular, metadataColumns={"ITEMS": ["COLOUR"]}) == (
        "InvalidInputException",
        "The Items dataset has no columns [COLOUR].",
    )


def test_metadata_needs_a_campaign_that_gives_it(trained_lab, personal):
    request = {"campaignArn": personal, "userId": "u1", "metadataColumns": {"ITEMS": ["YEAR"]}}
    assert trained_lab.refusal("GetRecommendations", **request) == (
        "InvalidInputException",
        "metadataColumns needs a campaign with enableMetadataWithRecommendations.",
    )


def test_a_filter_leaves_what_its_metadata_allows(lab, popular):
    dramas = filter_arn(lab, "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) AND Items.YEAR >= $YEAR")
    values = {"GENRES": '"Crime"', "YEAR": "2004"}
    assert lab.recommended(popular, filterArn=dramas, filterValues=values) == ["i5", "i7", "i9"]


def test_a_filter_leaves_out_what_the_user_did_the_moment_it_is_done(lab, popular):
    unseen = filter_arn(lab, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")')
    tracking_id = lab.tracker(lab.arn("dataset-group/films"))
    event = {"eventType": "click", "itemId": "i0", "sentAt": lab.clock.now()}
    lab("PutEvents", trackingId=tracking_id, sessionId="s", userId="new", eventList=[event])
    assert lab.recommended(popular, userId="new", filterArn=unseen, numResults=2) == ["i1", "i2"]


def test_a_filter_looks_at_the_user(lab, popular):
    child = filter_arn(lab, 'EXCLUDE ItemID WHERE Items.GENRES IN ("Drama") IF CurrentUser.AGE < 18')
    assert lab.recommended(popular, userId="u0", filterArn=child, numResults=2) == ["i0", "i2"]
    assert lab.recommended(popular, userId="u1", filterArn=child, numResults=2) == ["i0", "i1"]


def test_new_metadata_counts_for_filters(lab, popular):
    old = filter_arn(lab, "INCLUDE ItemID WHERE Items.YEAR < 1950")
    assert lab.recommended(popular, filterArn=old) == []
    items = [{"itemId": "i3", "properties": '{"year": 1920}'}]
    lab("PutItems", datasetArn=lab.arn("dataset/films/ITEMS"), items=items)
    lab.wait(20 * 60)
    assert lab.recommended(popular, filterArn=old) == ["i3"]


def test_a_filter_of_another_group_is_refused(lab, popular):
    books = lab.group("books")
    lab.dataset(books)
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    arn = lab("CreateFilter", name="other", datasetGroupArn=books, filterExpression=expression)["filterArn"]
    lab.wait()
    assert lab.refusal("GetRecommendations", campaignArn=popular, filterArn=arn) == (
        "InvalidInputException",
        f"Filter {arn} belongs to another dataset group.",
    )


def test_a_filter_that_is_not_active_is_refused(lab, popular):
    arn = filter_arn(lab, "INCLUDE ItemID WHERE Items.YEAR > 1950")
    lab("DeleteFilter", filterArn=arn)
    assert lab.refusal("GetRecommendations", campaignArn=popular, filterArn=arn) == (
        "InvalidInputException",
        f"Filter {arn} is not ACTIVE.",
    )


def test_an_expression_with_an_unknown_column_makes_no_filter(lab, popular):
    group = lab.arn("dataset-group/films")
    expression = 'INCLUDE ItemID WHERE Items.COLOUR IN ("red")'
    code, message = lab.refusal("CreateFilter", name="red", datasetGroupArn=group, filterExpression=expression)
    assert code == "InvalidInputException"
    assert message.startswith("Invalid Expression: Items.COLOUR: no such field")


def test_a_promotion_takes_its_share_of_the_list_whatever_the_filter_of_the_request(lab, popular):
    dramas, comedies = (
        filter_arn(lab, f'INCLUDE ItemID WHERE Items.GENRES IN ("{genre}")', genre) for genre in ("Drama", "Comedy")
    )
    promotion = {"name": "laughs", "percentPromotedItems": 50, "filterArn": comedies}
    request = {"campaignArn": popular, "userId": "u1", "numResults": 4, "filterArn": dramas, "promotions": [promotion]}
    items = lab("GetRecommendations", **request)["itemList"]
    assert items == lab("GetRecommendations", **request)["itemList"]
    promoted = [item["itemId"] for item in items if item.get("promotionName") == "laughs"]
    assert promoted == lab.recommended(popular, userId="u1", numResults=2, filterArn=comedies)
    others = [item["itemId"] for item in items if "promotionName" not in item]
    assert others == lab.recommended(popular, userId="u1", numResults=2, filterArn=dramas)


def test_one_recipe_says_that_an_item_was_promoted(lab, popular):
    group = lab.arn("dataset-group/films")
    version = lab.version(lab.solution(group, "aws-user-personalization-v2", "reasons"))
    comedies = filter_arn(lab, 'INCLUDE ItemID WHERE Items.GENRES IN ("Comedy")', "reasons")
    promotions = [{"percentPromotedItems": 50, "filterArn": comedies}]
    reasons = {}
    for campaign in (popular, lab.campaign(version, "reasons")):
        items = lab("GetRecommendations", campaignArn=campaign, userId="u1", numResults=4, promotions=promotions)
        reasons[campaign] = [item.get("reason") for item in items["itemList"]]
    unsaid, said = reasons.values()
    assert unsaid == [None] * 4
    assert sorted(said, key=str) == [None, None, ["Promoted item"], ["Promoted item"]]


def test_a_promotion_needs_a_filter(lab, popular):
    assert lab.refusal("GetRecommendations", campaignArn=popular, promotions=[{"percentPromotedItems": 50}]) == (
        "InvalidInputException",
        "promotions: filterArn is required.",
    )


def test_requests_and_events_of_many_threads_do_not_disturb_each_other(lab, popular):
    tracking_id = lab.tracker(lab.arn("dataset-group/films"))
    unseen = filter_arn(lab, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")')

    def visit(number):
        user = f"visitor{number}"
        for item in range(5):
            event = {"eventType": "watch", "itemId": f"i{item}", "sentAt": 1_600_000_000 + item}
            lab("PutEvents", trackingId=tracking_id, sessionId=user, userId=user, eventList=[event])
            lab("ListCampaigns")
        return lab.recommended(popular, userId=user, filterArn=unseen)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(visit, range(24)))
    assert answers == [["i5", "i6", "i7", "i8", "i9"]] * 24


def test_context_must_be_of_columns_that_there_are(lab, popular):
    assert lab.refusal("GetRecommendations", campaignArn=popular, context={"DEVICE": "tv"}) == (
        "InvalidInputException",
        "The Interactions dataset has no columns [DEVICE] for the context.",
    )


def test_the_context_of_a_request_decides_as_that_of_events_did(lab):
    """On the phone, users go on from one to the next of six items, and on the television of six others."""
    chance = random.Random(3)
    group, fields = lab.group(), INTERACTIONS | {"DEVICE": "string", "HOUR": ["int", "null"], "NOTE": "string"}
    rows, places = [], {}
    for user, step in product(range(60), range(20)):
        device = chance.choice(["tv", "phone"])
        place = places[user, device] = places.get((user, device), user) + 1
        item = place % 6 + (6 if device == "tv" else 0)
        rows.append((f"u{user}", f"i{item}", START + 90_000 * user + 4000 * step, "watch", device, "", f"n{step}"))
    lab.import_file(lab.dataset(group, fields=fields), lab.upload(rows, fields))
    settings = {"solutionConfig": {"algorithmHyperParameters": {"hidden_dimension": "32"}}}
    campaign = lab.campaign(lab.version(lab.solution(group, "aws-hrnn", "hrnn", **settings)))

    def best(device, user, count):
        found = lab.recommended(campaign, userId=user, context={"DEVICE": device}, numResults=count)
        return {"tv" if int(item[1:]) > 5 else "phone" for item in found}

    for user, count in (("u1", 2), ("u2", 2), ("nobody", 6)):
        assert (best("tv", user, count), best("phone", user, count)) == ({"tv"}, {"phone"})
    usual = lab.recommended(campaign, userId="u1")
    assert lab.recommended(campaign, userId="u1", context={"DEVICE": "watch", "HOUR": "late", "NOTE": "n1"}) == usual


def test_a_campaign_of_recommendations_does_not_rank(lab, popular):
    request = {"campaignArn": popular, "userId": "u1", "inputList": ["i1"]}
    assert lab.refusal("GetPersonalizedRanking", **request) == (
        "InvalidInputException",
        "The recipe is of type POPULAR_ITEMS; use GetRecommendations.",
    )


def test_a_ranking_orders_the_given_items_and_puts_unknown_ones_last(trained_lab, ranking):
    wanted = ["i2", "unheard", "i11", "i8", "i2"]
    answer = trained_lab("GetPersonalizedRanking", campaignArn=ranking, userId="u3", inputList=wanted)
    ranked = answer["personalizedRanking"]
    assert ranked[0]["itemId"] == "i11"  # what comes next for u3
    assert ranked[-1] == {"itemId": "unheard"}
    assert {item["itemId"] for item in ranked} == set(wanted)
    assert sum(item["score"] for item in ranked[:-1]) == pytest.approx(1, abs=1e-5)


def test_a_ranking_can_be_filtered(trained_lab, ranking):
    unseen = filter_arn(trained_lab, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")')
    request = {"campaignArn": ranking, "userId": "u3", "inputList": ["i1", "unheard"], "filterArn": unseen}
    assert trained_lab("GetPersonalizedRanking", **request)["personalizedRanking"] == [{"itemId": "unheard"}]


def test_a_ranking_campaign_does_not_recommend(trained_lab, ranking):
    assert trained_lab.refusal("GetRecommendations", campaignArn=ranking, userId="u3") == (
        "InvalidInputException",
        "The recipe is of type PERSONALIZED_RANKING; use GetPersonalizedRanking.",
    )


def test_at_most_500_items_are_ranked(trained_lab, ranking):
    items = [f"i{number}" for number in range(501)]
    assert trained_lab.refusal("GetPersonalizedRanking", campaignArn=ranking, userId="u3", inputList=items) == (
        "InvalidInputException",
        "inputList can be at most 500, got 501.",
    )


def test_what_many_lines_get_together_is_what_each_would_get(trained_lab):
    (version,) = trained_lab("ListSolutionVersions", solutionArn=trained_lab.arn("solution/hrnn"))["solutionVersions"]
    users = [f"u{number % 53}" for number in range(600)]  # some of them unknown
    answers = batch(trained_lab, "BatchInferenceJob", version["solutionVersionArn"], *({"userId": u} for u in users))
    campaign = trained_lab.arn("campaign/hrnn")
    alone = {
        user: trained_lab("GetRecommendations", campaignArn=campaign, userId=user)["itemList"] for user in set(users)
    }
    assert [line["input"]["userId"] for line in answers] == users
    for line in answers:
        expected = alone[line["input"]["userId"]]
        assert line["output"]["recommendedItems"] == [item["itemId"] for item in expected]
        assert line["output"]["scores"] == pytest.approx([item["score"] for item in expected], abs=1e-6)
