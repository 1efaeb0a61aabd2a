import pytest

from web.media_types import GRAPHQL, JSON, MediaType, negotiate, prefers_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (BROWSER, JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("Application/GraphQL-Response+JSON; charset=UTF-8", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json, application/graphql-response+json", GRAPHQL),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/json;q=0.5, application/graphql-response+json;q=0.6", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("text/html", None),
        ("application/json; charset=latin-1", None),
        ("application/json;q=abc", None),
    ],
)
def test_the_answer_has_the_type_of_the_highest_weight(accept: str | None, media_type: MediaType | None) -> None:
    assert negotiate(accept) == media_type


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (BROWSER, True),
        ("text/html", True),
        (None, False),
        ("*/*", False),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0", False),
    ],
)
def test_a_page_is_for_callers_that_prefer_one(accept: str | None, wanted: bool) -> None:
    assert prefers_html(accept) is wanted
