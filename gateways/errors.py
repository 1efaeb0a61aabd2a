"""Failures of the gateways that the domain has no word for.

GatewayConfigurationError   the operator has set something up wrongly; the service must not start
InvalidSignature            (an InvalidInput) something that claims to come from a provider does not
PasswordUnreadable          (a DomainError) the stored hash of a service password is damaged
"""

from typing import ClassVar

from domain.errors import DomainError, GatewayUnavailable, InvalidInput, OperatorError
from domain.message import Message


class GatewayConfigurationError(OperatorError):
    """A gateway cannot work as it has been configured; the text is one line that says what to change."""


class InvalidSignature(InvalidInput):
    """A signed message is not from the provider, is not for this service, or is out of date."""

    default_code: ClassVar[str] = "INVALID_SIGNATURE"


class PasswordUnreadable(DomainError):
    """The stored hash of a service password is damaged: no password can be called right or wrong."""

    default_code: ClassVar[str] = "PASSWORD_UNREADABLE"


def unavailable(provider: Message, problem: Message) -> GatewayUnavailable:
    """Describe a provider that cannot be used now.

    Args:
        provider: what people call the provider.
        problem: what it did, as a clause without a full stop.

    Returns:
        The error to raise: who, what, and what to do.
    """
    return GatewayUnavailable(
        Message(
            f"{provider.zh}暂时不能使用（{problem.zh}），请稍后再试。一直这样的，请联系运维人员检查这项服务。",
            f"The {provider.en} cannot be used now: {problem.en}. Try again later; "
            "if it goes on, ask the operators to check that provider.",
        )
    )
