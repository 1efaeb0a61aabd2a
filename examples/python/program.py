"""How these programs are started and end: the step, its arguments, and what is printed of a refusal."""

import os
import sys
from collections.abc import Callable, Sequence
from inspect import signature
from typing import NoReturn

import httpx

from examples.python.graph import Graph, GraphRefused

Step = Callable[..., int | None]


def run(*steps: Step) -> NoReturn:
    """Take a step with the arguments of the command line, and end the program: with 1 if something was refused.

    Args:
        steps: each takes the graph and texts. The first argument names the step, unless there is only one.
    """
    arguments = sys.argv[1:]
    named = {step.__name__: step for step in steps}
    name = steps[0].__name__ if len(steps) == 1 else arguments.pop(0) if arguments else ""
    if name not in named or not fits(named[name], arguments):
        sys.exit(sys.modules["__main__"].__doc__)
    if unset := [variable for variable in ("GRAPH_URL", "GRAPH_TOKEN") if not os.environ.get(variable)]:
        sys.exit(f"set {' and '.join(unset)}")
    try:
        sys.exit(named[name](Graph.of_environment(), *arguments))
    except GraphRefused as refused:
        print(f"refused\n{refused}")
        sys.exit(1)
    except httpx.TransportError as error:
        sys.exit(f"{error.request.url} does not answer: {error}")
    except (OSError, EOFError) as error:
        sys.exit(str(error))


def fits(step: Step, arguments: Sequence[str]) -> bool:
    """Return whether a step takes so many arguments."""
    try:
        signature(step).bind(None, *arguments)
    except TypeError:
        return False
    return True
