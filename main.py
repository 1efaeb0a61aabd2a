"""The command line: `composition/` puts the service together, and nothing imports this module.

python main.py serve            migrate and serve (with --demo: demo data and tokens)
python main.py policy check     report every fault of the policy files
python main.py --help           list all commands; they stand in composition/commands/commands.py
"""

import os
import sys
from collections.abc import Mapping, Sequence

from composition.commands import commands
from composition.settings import Settings


def run(given: Sequence[str], values: Mapping[str, str]) -> int:
    """Carry out one command and return its exit code.

    Args:
        given: the command line; values: environment variables.
    """
    return commands.run(given, lambda tolerant: Settings.from_environment(values, tolerant=tolerant), _show)


def _show(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Carry out the command line; nobody who breaks it off is shown a traceback."""
    try:
        return run(sys.argv[1:], os.environ)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read it has seen enough, such as `head`; what Python still holds for them is dropped without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main())
