"""The graph over HTTP: one question, one change, an upload, and all pages of a list."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx


class GraphRefused(Exception):
    """Something was refused: a line for each reason, with its code, the input that it is about, and what to do."""


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
        return data(self._http.post(self._url, json={"query": document, "variables": variables}))

    def change(self, document: str, key: str | None, **given: Any) -> dict[str, Any]:
        """Return what a mutation answers, which takes `$input`.

        Args:
            key: your own name for the change: sent again under it, it is answered again and not done again. None will do
                where doing it twice is the same as doing it once.

        Raises:
            GraphRefused: nothing was changed.
        """
        return changed(self.ask(document, input={"idempotencyKey": key, **given}))

    def upload(self, document: str, key: str, file: Path, **given: Any) -> dict[str, Any]:
        """Return what a mutation answers whose input has a `file`; see `change`."""
        asked = {"idempotencyKey": key, "file": None, **given}
        operations = json.dumps({"query": document, "variables": {"input": asked}})
        fields = {"operations": operations, "map": json.dumps({"0": ["variables.input.file"]})}
        sent = {"0": (file.name, file.read_bytes())}
        return changed(data(self._http.post(self._url, data=fields, files=sent, headers={"GraphQL-Preflight": "1"})))

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


def data(answer: httpx.Response) -> dict[str, Any]:
    """Return the data of an answer, or raise what is wrong with the whole of it."""
    body: dict[str, Any] = answer.json()
    if "errors" in body:
        raise GraphRefused("\n".join(f"{each['extensions']['code']}: {each['message']}" for each in body["errors"]))
    found: dict[str, Any] = body["data"]
    return found


def changed(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of the one mutation in an answer, or raise why nothing was changed."""
    payload: dict[str, Any]
    [payload] = answer.values()
    if refused := refusals(payload):
        raise GraphRefused("\n".join(refused))
    return payload


def refusals(answer: dict[str, Any]) -> list[str]:
    """Return why something was refused, a line for each reason; none where it was done."""
    return [": ".join(filter(None, (e["code"], e["field"], e["message"]["text"]))) for e in answer["errors"]]
