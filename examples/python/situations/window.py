"""What a window does in many situations.

    GRAPH_URL=… GRAPH_TOKEN=… python -m examples.python.situations.window STEP …

    register NAME TYPE NUMBER             put somebody on record, whom the population register knows
    find NAME TYPE NUMBER                 look somebody up by an identity document
    hand_over OPERATION PERSON SEEN …     give a card to the person who collects it, and has shown those papers

PERSON is an id, which the other two show.
"""

from typing import Any

from examples.python.graph import Graph, GraphRefused
from examples.python.program import run
from examples.python.situations.people import RECEIVE
from examples.python.situations.telling import TOLD, tell, tell_card

FIND = """
query Find($name: String!, $type: String!, $number: String!) {
  findHolder(name: $name, identityType: $type, identityNumber: $number) {
    holder { id name cards { id number state } }
    reason
    message { text }
  }
}
"""
REGISTER = """
mutation Register($input: RegisterHolderInput!) {
  registerHolder(input: $input) { holder { id name } errors { code field message { text } } }
}
"""


def found(graph: Graph, name: str, identity_type: str, number: str) -> dict[str, Any]:
    """Return somebody who is on record, with the cards that this office serves.

    Raises:
        GraphRefused: nobody of that name has that document here.
    """
    answer = graph.ask(FIND, name=name, type=identity_type, number=number)["findHolder"]
    if answer["holder"] is None:
        raise GraphRefused(f"{answer['reason']}: {answer['message']['text']}")
    person: dict[str, Any] = answer["holder"]
    return person


def registered(graph: Graph, name: str, identity_type: str, number: str) -> str:
    """Put somebody on record, unless they are, and return their id."""
    given = {"name": name, "identityType": identity_type, "identityNumber": number}
    return str(graph.change(REGISTER, None, **given)["holder"]["id"])


def register(graph: Graph, name: str, identity_type: str, number: str) -> None:
    """Put somebody on record, whom the population register knows."""
    print(f"{registered(graph, name, identity_type, number)} {name}")


def find(graph: Graph, name: str, identity_type: str, number: str) -> None:
    """Look somebody up."""
    person = found(graph, name, identity_type, number)
    print(f"{person['id']} {person['name']}")
    for card in person["cards"]:
        tell_card(card)


def hand_over(graph: Graph, operation: str, person: str, *seen: str) -> None:
    """Give a card to whoever has come for it."""
    given = {"operationId": operation, "presentPersonId": person, "evidence": {"sightedDocuments": seen}}
    tell(graph.change(RECEIVE + TOLD, f"handed over {operation}", **given)["operation"])


if __name__ == "__main__":
    run(register, find, hand_over)
