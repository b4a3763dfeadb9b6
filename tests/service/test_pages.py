"""Lists come in pages."""


def names(page):
    return [entry["name"] for entry in page["schemas"]]


def with_schemas(lab, count):
    for number in range(count):
        lab.schema("Interactions", {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}, f"schema{number}")
    return lab


def test_pages_show_everything_once(lab):
    with_schemas(lab, 5)
    first = lab("ListSchemas", maxResults=2)
    second = lab("ListSchemas", maxResults=2, nextToken=first["nextToken"])
    third = lab("ListSchemas", maxResults=2, nextToken=second["nextToken"])
    assert names(first) + names(second) + names(third) == [f"schema{number}" for number in range(5)]
    assert "nextToken" not in third


def test_a_last_page_that_is_full_has_no_token(lab):
    with_schemas(lab, 2)
    assert "nextToken" not in lab("ListSchemas", maxResults=2)


def test_a_page_goes_on_where_the_last_one_ended_whatever_was_deleted(lab):
    with_schemas(lab, 4)
    first = lab("ListSchemas", maxResults=2)
    lab("DeleteSchema", schemaArn=lab.arn("schema/schema0"))
    assert names(lab("ListSchemas", nextToken=first["nextToken"])) == ["schema2", "schema3"]


def test_a_made_up_token_is_refused(lab):
    assert lab.refusal("ListSchemas", nextToken="abc") == (
        "InvalidNextTokenException",
        "The token 'abc' is not valid for ListSchemas with these parameters.",
    )


def test_a_token_of_another_list_is_refused(lab):
    token = with_schemas(lab, 2)("ListSchemas", maxResults=1)["nextToken"]
    assert lab.refusal("ListDatasetGroups", nextToken=token)[0] == "InvalidNextTokenException"
    assert lab.refusal("ListSolutions", datasetGroupArn=lab.arn("dataset-group/x"), nextToken=token)[0] == (
        "InvalidNextTokenException"
    )


def test_recipes_come_in_pages_by_domain(lab):
    first = lab("ListRecipes", domain="ECOMMERCE", maxResults=3)
    rest = lab("ListRecipes", domain="ECOMMERCE", nextToken=first["nextToken"])
    recipes = first["recipes"] + rest["recipes"]
    assert len(recipes) == 5
    assert {recipe["domain"] for recipe in recipes} == {"ECOMMERCE"}
