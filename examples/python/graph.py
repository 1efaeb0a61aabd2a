"""The graph over HTTP: one question, all pages of a list, and a batch to its end."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import httpx

MOST_ROWS = 500
"""How many rows the service takes in one batch."""


class GraphRefused(Exception):
    """The whole question was refused: each line has the code of an error, and what to do."""


class Graph:
    """The graph as one caller sees it.

    Args:
        url: of the endpoint, such as https://cards.example/graphql; token: of the caller.
        language: of the messages, `en` or `zh`.
    """

    def __init__(self, url: str, token: str, language: str = "en") -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self._url, self._http = url, httpx.Client(headers=headers, timeout=60)

    @classmethod
    def of_environment(cls) -> "Graph":
        """Return the graph that GRAPH_URL, GRAPH_TOKEN and GRAPH_LANGUAGE name."""
        return cls(os.environ["GRAPH_URL"], os.environ["GRAPH_TOKEN"], os.environ.get("GRAPH_LANGUAGE", "en"))

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the data of an answer.

        Raises:
            GraphRefused: the answer has errors of its own. What policies refuse is no such error: it stands in the data.
        """
        answer: dict[str, Any] = self._http.post(self._url, json={"query": document, "variables": variables}).json()
        if "errors" in answer:
            raise GraphRefused(
                "\n".join(f"{each['extensions']['code']}: {each['message']}" for each in answer["errors"])
            )
        data: dict[str, Any] = answer["data"]
        return data

    def file(self, address: str) -> bytes:
        """Return a file by its signed address, which needs no token and is good for a short time."""
        return self._http.get(urljoin(self._url, address)).raise_for_status().content

    def pages(self, document: str, **variables: Any) -> Iterator[dict[str, Any]]:
        """Yield all nodes of a list. The document has one root field, a connection, and takes `$after`."""
        more, after = True, None
        while more:
            [found] = self.ask(document, after=after, **variables).values()
            yield from (edge["node"] for edge in found["edges"])
            more, after = found["pageInfo"]["hasNextPage"], found["pageInfo"]["endCursor"]

    def batch(
        self, document: str, key: str, rows: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
        """Send rows as batches, and yield each row with its answer. A row that was done before is only answered again.

        Args:
            document: takes `$input`, with one root field, a batch mutation; key: your own name for this work.

        Raises:
            GraphRefused: a whole batch was refused.
        """
        for start in range(0, len(rows), MOST_ROWS):
            part = rows[start : start + MOST_ROWS]
            found: dict[str, Any] = {"notReached": len(part)}
            while found["notReached"]:
                # What one request has no time for is reached by the next one, under the same key.
                [found] = self.ask(document, input={"idempotencyKey": key, "rows": part}).values()
                if found["errors"]:
                    raise GraphRefused("\n".join(refusals(found)))
            yield from zip(part, found["rows"], strict=True)


def refusals(answer: dict[str, Any]) -> list[str]:
    """Return why something was refused, a line for each reason; none where it was done."""
    return [f"{error['code']}: {error['message']['text']}" for error in answer["errors"]]
