"""Nobody is shown what has no rule: a type, field or mutation that says nothing of who is shown it fails the build."""

import pytest
import strawberry
from graphql import GraphQLSchema

from domain.access import EVERYBODY, HOLDER, Standing
from schema.kit.access import WITH_IT, require_rules, sees
from schema.kit.described import field, shown, worked_out
from schema.types.mutations import mutation
from tests import access_page


def _schema(query: type, mutation: type | None = None) -> GraphQLSchema:
    return strawberry.Schema(query=query, mutation=mutation)._schema


def test_the_matrix_is_the_one_of_the_rules() -> None:
    assert access_page.PAGE.read_text(encoding="utf-8") == access_page.page(), "run `make access`"


def test_a_field_of_the_query_without_a_rule_is_refused() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def anything(self) -> str:
            return ""

    with pytest.raises(ValueError, match=r"Query\.anything"):
        require_rules(_schema(Query))


def test_a_type_without_a_rule_is_refused_with_its_fields() -> None:
    @sees(WITH_IT)
    @strawberry.type
    class Known:
        """What has a rule, which nothing that is made of it has by that."""

    @strawberry.type
    class Thing(Known):
        name: str

    @strawberry.type
    class Query:
        @worked_out("A thing.", sees=EVERYBODY)
        def thing(self) -> Thing:
            return Thing(name="")

    with pytest.raises(ValueError, match=r"Thing, Thing\.name"):
        require_rules(_schema(Query))


def test_a_field_of_a_type_with_a_rule_of_its_own_needs_one_too() -> None:
    @sees(HOLDER)
    @strawberry.type
    class Person:
        name: str = field("The name.", sees=WITH_IT)
        number: str = field("The number.")

    @strawberry.type
    class Query:
        @worked_out("A person.", sees=EVERYBODY)
        def person(self) -> Person:
            return Person(name="", number="")

    with pytest.raises(ValueError, match=r": Person\.number$"):
        require_rules(_schema(Query))


def test_a_rule_that_nothing_would_ask_is_refused() -> None:
    @sees(HOLDER)
    @strawberry.type
    class Person:
        name: str = field("The name.", sees=Standing.SELF)
        number: str | None = shown("The number.", "name", sees=Standing.SELF)

    @strawberry.type
    class Query:
        @worked_out("A person.", sees=EVERYBODY)
        def person(self) -> Person:
            return Person(name="")

    with pytest.raises(ValueError, match=r": Person\.name \(an attribute asks nothing"):
        require_rules(_schema(Query))


def test_a_mutation_without_a_rule_is_refused() -> None:
    @sees(WITH_IT)
    @strawberry.type
    class Payload:
        errors: list[str]

    @strawberry.type
    class Query:
        @worked_out("Nothing.", sees=EVERYBODY)
        def nothing(self) -> str | None:
            return None

    async def change(info: strawberry.Info, given: str) -> Payload:
        return Payload(errors=[])

    @strawberry.type
    class Mutation:
        bare = strawberry.mutation(change)
        ruled = mutation("Changes something.", asks=EVERYBODY)(change)

    with pytest.raises(ValueError, match=r": Mutation\.bare$"):
        require_rules(_schema(Query, mutation=Mutation))
