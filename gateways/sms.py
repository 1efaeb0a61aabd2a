"""Verification codes and notices by SMS."""

from typing import Protocol

import httpx

from domain.message import Language, Message
from gateways.errors import GatewayConfigurationError
from gateways.mobile import mask_mobile
from gateways.provider import Provider
from gateways.sandbox import Show, refuse_production

SMS_PROVIDER = Message("短信服务商", "SMS provider")


class SmsGateway(Protocol):
    """Sends verification codes, and notices of what was done about somebody."""

    async def send_code(self, mobile: str, code: str, purpose: Message, minutes: int, language: Language) -> None:
        """Send a code to a mobile number.

        Args:
            mobile: E.164.
            code: the digits to type back.
            purpose: what the code is for, as a noun phrase.
            minutes: how long it is good for.
            language: which text of the template is sent.

        Raises:
            GatewayUnavailable: the provider has not taken the message.
        """
        ...

    async def send_notice(self, mobile: str, text: str, identifier: str) -> None:
        """Send a notice to a mobile number.

        Args:
            mobile: E.164.
            text: all that it says.
            identifier: names the notice: sent again under the same one, it comes to the number once.

        Raises:
            GatewayUnavailable: the provider has not taken the message.
        """
        ...


class HttpSms:
    """Sends codes and notices through a provider: POST `/messages` with `to` and `text`; it answers `{"status": "accepted"}`.

    Each has an `Idempotency-Key`; that of a notice stays the same for the days in which it is tried.

    Args:
        base_url, api_key: the provider's address and our key there.
        template: the text in both languages with the places `{code}`, `{purpose}` and `{minutes}`.
        client: the connection pool.
        timeout_seconds, attempts: for each try; how many tries.

    Raises:
        GatewayConfigurationError: the template lacks a place, or the address or key cannot work.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        template: Message,
        client: httpx.AsyncClient,
        *,
        timeout_seconds: float = 5.0,
        attempts: int = 3,
    ) -> None:
        _check_template(template)
        self._template = template
        self._provider = Provider(SMS_PROVIDER, base_url, api_key, client, timeout_seconds, attempts)

    async def send_code(self, mobile: str, code: str, purpose: Message, minutes: int, language: Language) -> None:
        """Send a code to a mobile number; see `SmsGateway.send_code`."""
        await self._send(mobile, _filled(self._template.text(language), code, purpose.text(language), minutes), None)

    async def send_notice(self, mobile: str, text: str, identifier: str) -> None:
        """Send a notice to a mobile number; see `SmsGateway.send_notice`."""
        await self._send(mobile, text, identifier)

    async def _send(self, mobile: str, text: str, key: str | None) -> None:
        message = {"to": mobile, "text": text}
        answer = await self._provider.ask("POST", "/messages", message, idempotency_key=key)
        with self._provider.reading():
            answer.choice("status", ["accepted"])


class SandboxSms:
    """Shows each code and notice on the console instead of sending it.

    Args:
        environment: what the installation calls itself.
        show: shows one line to the developer.

    Raises:
        GatewayConfigurationError: this is production.
    """

    def __init__(self, environment: str, show: Show) -> None:
        refuse_production(environment, "SandboxSms")
        self._show = show

    async def send_code(self, mobile: str, code: str, purpose: Message, minutes: int, language: Language) -> None:
        """Show the code; see `SmsGateway.send_code`."""
        self._show(f"[sandbox SMS] to {mask_mobile(mobile)}: {code} ({purpose.text(language)}, {minutes} min)")

    async def send_notice(self, mobile: str, text: str, identifier: str) -> None:
        """Show the notice; see `SmsGateway.send_notice`."""
        self._show(f"[sandbox SMS notice] to {mask_mobile(mobile)}: {text}")


def _filled(template: str, code: str, purpose: str, minutes: int) -> str:
    return template.format(code=code, purpose=purpose, minutes=minutes)


def _check_template(template: Message) -> None:
    for language, text in (("zh", template.zh), ("en", template.en)):
        try:
            filled = _filled(text, "[code]", "[purpose]", 987654)
        except (ValueError, LookupError, AttributeError) as error:
            raise GatewayConfigurationError(f"The SMS template ({language}) cannot be filled in: {error!r}.") from error
        missing = [place for place in ("[code]", "[purpose]", "987654") if place not in filled]
        if missing:
            raise GatewayConfigurationError(
                f"The SMS template ({language}) must name {{code}}, {{purpose}} and {{minutes}}; it is {text!r}."
            )
