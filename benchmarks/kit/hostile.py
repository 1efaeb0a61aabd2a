"""What attackers send: requests made to keep the service busy, each as costly as its limits let it be."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import GraphQLSchema, get_introspection_query

from benchmarks.kit.asks import APPLY, HOLDER
from benchmarks.kit.attacker import UNIQUE, Attack
from benchmarks.kit.driver import post
from benchmarks.kit.everything import everything
from benchmarks.kit.generated import Generated
from schema.kit.limits import Limits
from tests.resolvers.world import CHENGDU

LIMITS: Final = Limits()
SEED: Final = 14
_SEND: Final = "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
_COSTLY: Final = """query Costly%s {
  operations(first: 70) { edges { node {
    id service state due createdAt regionName { text zh en }
    holder { id name bornOn mobile cards { id number state bank issuedOn expiresOn } }
    card { id number state stateSince }
    timeline { at event fromState toState role channel }
    progress { state at }
    decisions { service allowed policyDigest }
  } } }
}"""


def attacks(schema: GraphQLSchema, documents: int, token: str, clerk: str, officer: str) -> Mapping[str, Attack]:
    """Return the attacks by what they are called.

    Args:
        documents: how many are generated.
        token, clerk, officer: of those in whose name attackers ask where they must ask in somebody's.
    """
    made = Generated(schema, SEED).documents(documents)
    unread = [_document(text, token) for text in made]
    return {
        f"{documents:,} generated documents": Attack(unread, is_once=True),
        **{f"documents: {name}": Attack([_document(text)]) for name, text in texts().items()},
        **{f"bodies: {name}": Attack([content]) for name, content in _bodies(token).items()},
        "introspection": Attack([_document(_named(get_introspection_query()))]),
        "costly queries of a window": Attack([_document(_COSTLY % UNIQUE.decode(), clerk)]),
        "the same costly query of a window": Attack([_document(_COSTLY % "", clerk)]),
        "forms of four regions": Attack([_document(_named(forms()), token)]),
        "many mutations in one document": Attack([_mutations(token)]),
        **{
            f"everything about {what}": Attack([_document(_named(everything(schema, name, LIMITS)), token)])
            for what, name in {"a region": "region", "a policy": "policy", "oneself": "me"}.items()
        },
        "drafts of policies": Attack([_draft(officer)]),
        "persisted documents that are not kept": Attack([_missed()]),
        "known documents as fast as they are answered": Attack([_document("{ __typename }")]),
        "wrong tokens": Attack([_document("{ me { id } }", token[:-8] + UNIQUE.decode() + "A")]),
        "a connection for each request": Attack([_document("{ __typename }")], reconnects=True, crowd=8),
        "heads that do not end": Attack(
            [f"{_SEND}application/json\r\nX: {'y' * 900}".encode()], is_held=True, crowd=60
        ),
        "bodies that do not end": Attack(
            [f"{_SEND}application/json\r\nContent-Length: 400000\r\n\r\n{{".encode()], is_held=True, crowd=60
        ),
    }


def _document(text: str, token: str | None = None, **variables: Any) -> bytes:
    return post(json.dumps({"query": text, "variables": variables}, ensure_ascii=False).encode(), token)


def _named(text: str) -> str:
    """Return a document as one that was never seen before."""
    return f"#{UNIQUE.decode()}\n{text}"


def texts() -> Mapping[str, str]:
    """Return documents that take long to read and to check."""
    tokens = LIMITS.max_tokens
    doubled = "".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(150))
    texts = {
        "fragments that double": "{ ...F0 }" + doubled + "fragment F150 on Query { __typename }",
        "aliases": "{ " + " ".join(f"a{i}: regions {{ code }}" for i in range(tokens // 7)) + " }",
        "one field again and again": "{ " + "__typename " * (tokens - 10) + "}",
        "as many comparisons as may be": "{ " + "regions { code name { zh en text } } " * 42 + "}",
        "operations beside each other": "".join(f"query A{i} {{ regions {{ code }} }} " for i in range(tokens // 9)),
        "unknown fields that look like known ones": "{ "
        + " ".join(f"checkEligibilita{i}" for i in range(tokens - 10))
        + " }",
        "lists in inputs": "{ node(id: [" + '"a",' * (tokens - 20) + "]) { id } }",
        "objects in inputs": '{ requirements(region: "510100", service: "apply", suppose: ['
        + "{fact: a, value: b}, " * (tokens // 12)
        + "]) { channels } }",
        "nested deeply": "{ me " + "{ wards " * (tokens // 2 - 10) + "{ id }" + " }" * (tokens // 2 - 10) + "}",
        "variables that nobody uses": "query A("
        + " ".join(f"$a{i}: Int" for i in range(tokens // 4 - 5))
        + ") { __typename }",
        "directives": "{ __typename " + "@skip(if: true) " * (tokens // 8) + "}",
        "a long text": '{ node(id: "' + "a" * 500_000 + '") { id } }',
        "escapes": '{ node(id: "' + "\\\\u0041" * 60_000 + '") { id } }',
        "a long comment": "{ __typename #" + "x" * 500_000 + "\n}",
        "blanks": "{ __typename" + " " * 500_000 + "}",
    }
    return {name: _named(text.replace("\\\\u", "\\u")) for name, text in texts.items()}


def _bodies(token: str) -> Mapping[str, bytes]:
    """Return bodies that take long to read."""
    room = LIMITS.max_body_bytes - 200
    variables = {
        "numbers": "[" + "1," * (room // 2) + "1]",
        "empty objects": "[" + "{}," * (room // 3) + "{}]",
        "objects": "[" + '{"a":1},' * (room // 8) + "1]",
        "names": "{" + ",".join(f'"{i:05}":1' for i in range(room // 10)) + "}",
        "nested as deep as may be": "[" + ",".join("[" * 60 + "]" * 60 for _ in range(room // 121)) + "]",
    }
    made = {
        name: post(f'{{"query":"{{ __typename }}","variables":{{"v":{value}}}}}'.encode(), None)
        for name, value in variables.items()
    }
    given = post(json.dumps({"query": HOLDER, "variables": {"id": [[1]] * (room // 6)}}).encode(), token)
    return {
        **made,
        "values that do not fit": given,
        "broken at the end": post(b'{"query":"{ __typename }","variables":{"v":[' + b"1," * (room // 2) + b"]}}", None),
        "a form of many parts": _form(token, [f"x{i}" for i in range(3_000)]),
        "a form of large files": _form(token, ["0"], b"\xff\xd8" + b"a" * 8_000_000),
    }


def _form(token: str, names: Sequence[str], content: bytes = b"a") -> bytes:
    def parts() -> Iterator[bytes]:
        yield b'--B\r\nContent-Disposition: form-data; name="operations"\r\n\r\n'
        yield b'{"query":"mutation($f:Upload!){uploadDocument(input:{file:$f,type:\\"a\\",regionCode:\\"510100\\"}){errors{code}}}"'
        yield b',"variables":{"f":null}}\r\n--B\r\nContent-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.f"]}\r\n'
        for name in names:
            yield f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n\r\n'.encode()
            yield content + b"\r\n"
        yield b"--B--\r\n"

    body = b"".join(parts())
    head = f"{_SEND}multipart/form-data; boundary=B\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def forms() -> str:
    """Return a query for as many forms as aliases allow, of different regions, services and days."""
    regions, services = ("510100", "370200", "370100", "370300"), ("apply", "reissue", "report_formal_loss")
    asked = [
        f'requirements(region: "{regions[i % 4]}", service: "{services[i % 3]}") {{ channels declarations {{ name }} decision {{ allowed }} }}'
        for i in range(LIMITS.max_aliases)
    ]
    return "{ " + " ".join(f"a{i}: {each}" for i, each in enumerate(asked)) + " }"


def _mutations(token: str) -> bytes:
    """Return a request for as many changes as aliases allow."""
    name = APPLY[APPLY.index("applyForCard") : APPLY.rindex("}")]
    many = " ".join(f"a{i}: {name}" for i in range(LIMITS.max_aliases))
    given = {"regionCode": CHENGDU, "evidence": {"details": {"mobile": "13800000000"}}}
    return _document(_named(f"mutation M($input: ApplyForCardInput!) {{ {many} }}"), token, input=given)


def _draft(officer: str) -> bytes:
    text = "name: x\n" + "".join(f"rule{i}:\n  when: a\n" for i in range(5_000)) + f"# {UNIQUE.decode()}\n"
    document = "query D($files: [PolicyFileInput!]!) { policyDraft(files: $files) { faults { line } } }"
    return _document(document, officer, files=[{"file": "nation/sichuan/chengdu/apply.yaml", "text": text}])


def _missed() -> bytes:
    digest = UNIQUE.decode() + "a" * (64 - len(UNIQUE))
    return post(json.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}).encode(), None)
