"""What all sandboxes share: a console to show codes on, and the refusal to run in production."""

from collections.abc import Callable

from gateways.errors import GatewayConfigurationError

Show = Callable[[str], object]
"""Shows one line to the developer; `print` is one."""


def refuse_production(environment: str, sandbox: str) -> None:
    """Stop a sandbox from replacing a real provider.

    Args:
        environment: what the installation calls itself; `prod`, `Production` and the like count as production.
        sandbox: the class that is being constructed.

    Raises:
        GatewayConfigurationError: this is production.
    """
    if environment.strip().lower().startswith("prod"):
        raise GatewayConfigurationError(
            f"{sandbox} only pretends to be a provider and is refused in the environment {environment!r}: "
            "configure the real provider."
        )
