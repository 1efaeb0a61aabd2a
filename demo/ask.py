"""Ask the running service one of the example documents, as GraphiQL would.

    python -m demo.ask TOKEN EXAMPLE [name=value …] [--json]

TOKEN is the name of a demo token, EXAMPLE the beginning of a file in `web/graphiql/examples/` (`05` will do). The
variables are those of the file beside it; `name=value` replaces one of them, wherever it stands. Ids that are empty
there are filled in with the last operation and card that an answer showed. The answer is shown a line a value, what is
null or empty left out; `--json` shows it as it came.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from demo.running import ROOT, WAIT_SECONDS

EXAMPLES = ROOT / "web" / "graphiql" / "examples"
FOLDER = Path(os.environ.get("SERVICE_FOLDER", ROOT / "var"))
SEEN = FOLDER / "seen.json"
TYPES = {"Operation": "operationId", "Card": "cardId", "Delegation": "delegationId"}


def example(beginning: str) -> tuple[str, dict[str, Any]]:
    """Return an example's document and variables."""
    found = sorted(EXAMPLES.glob(f"{beginning}*.graphql"))
    if len(found) != 1:
        names = ", ".join(path.stem for path in found or sorted(EXAMPLES.glob("*.graphql")))
        raise SystemExit(f"error: {beginning!r} names {len(found)} examples; choose one of: {names}")
    variables = found[0].with_suffix(".variables.json")
    return found[0].read_text(encoding="utf-8"), json.loads(variables.read_text()) if variables.exists() else {}


def filled(value: Any, given: Mapping[str, str], name: str = "") -> Any:
    """Return variables with the given values in place of those of the same name."""
    if isinstance(value, dict):
        return {key: filled(item, given, key) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, given) for item in value]
    return given.get(name, value)


def shown_ids(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the ids of operations and cards in an answer, by the variable that takes them."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str) and value.get("__typename") in TYPES:
            yield TYPES[value["__typename"]], value["id"]
        for item in value.values():
            yield from shown_ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from shown_ids(item)


def lines(value: Any, path: str = "") -> Iterator[str]:
    """Yield an answer a line a value, without what is null or empty."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("__typename", "text"):
                yield from lines(item, f"{path}.{key}" if path else key)
            elif key == "text":
                yield from lines(item, path)
    elif isinstance(value, list):
        if value and not isinstance(value[0], dict | list):
            yield f"{path}: {', '.join(map(str, value))}"
        else:
            for number, item in enumerate(value, 1):
                yield from lines(item, f"{path}[{number}]")
    elif value is not None:
        yield f"{path}: {str(value).lower() if isinstance(value, bool) else value}"


def main(arguments: list[str]) -> int:
    """Ask, show the answer, and remember its ids."""
    as_json = "--json" in arguments
    arguments = [argument for argument in arguments if argument != "--json"]
    if len(arguments) < 2:
        raise SystemExit(__doc__)
    token_file = FOLDER / "tokens" / arguments[0]
    if not token_file.exists():
        known = ", ".join(sorted(path.name for path in token_file.parent.glob("*")))
        raise SystemExit(f"error: no token {arguments[0]!r}; is the service running (make run)? Tokens: {known}")
    document, variables = example(arguments[1])
    seen = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    given = {**seen, **dict(part.split("=", 1) for part in arguments[2:])}
    answer = httpx.post(
        (FOLDER / "url").read_text().strip(),
        json={"query": document, "variables": filled(variables, given)},
        headers={"Authorization": f"Bearer {token_file.read_text().strip()}", "Accept-Language": "en"},
        timeout=WAIT_SECONDS,
    ).json()
    if as_json or "errors" in answer:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join(line for value in answer["data"].values() for line in lines(value)))
    SEEN.write_text(json.dumps({**seen, **dict(shown_ids(answer))}))
    return 1 if "errors" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
