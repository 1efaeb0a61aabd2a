"""What lies outside of the service in tests, where a test decides what it answers."""

import asyncio
from dataclasses import replace
from typing import Any

from domain.holder import Holder
from domain.message import Language, Message
from gateways.errors import unavailable
from gateways.insurance import INSURANCE_PROVIDER
from gateways.mobile_register import MOBILE_REGISTER
from gateways.registry import IdentityRegistry, RegistryPerson
from gateways.sms import SMS_PROVIDER, SmsGateway


class ListedInsurance:
    """An insurance register that knows what a test has listed.

    Attributes:
        out_of_order: whether it does not answer.
    """

    def __init__(self) -> None:
        self.out_of_order = False
        self._held: dict[tuple[str, str], frozenset[str]] = {}

    def list(self, social_security_number: str, region: str, *kinds: str) -> None:
        """List what somebody holds in a city."""
        self._held[social_security_number, region] = frozenset(kinds)

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up insurance kinds; see `InsuranceRegister.kinds`."""
        if self.out_of_order:
            raise unavailable(INSURANCE_PROVIDER, Message("没有应答", "it does not answer"))
        return self._held.get((social_security_number, region), frozenset())


class ListedRegistry:
    """A population register that knows the people of the demo, and by further documents those whom a test lists."""

    def __init__(self, demo: IdentityRegistry) -> None:
        self._demo = demo
        self._listed: dict[tuple[str, str], RegistryPerson] = {}

    def list(self, person: Holder, identity_type: str, number: str, **other: Any) -> None:
        """List a document of somebody on record, with what the register has otherwise."""
        known = RegistryPerson(person.name, person.holder_type, identity_type, number, person.born_on)
        self._listed[identity_type, number] = replace(known, **other)

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm an identity; see `IdentityRegistry.confirm`."""
        found = self._listed.get((identity_type, identity_number))
        return found or await self._demo.confirm(name, identity_type, identity_number)


class ListedMobiles:
    """A register of mobile numbers that knows those of others that a test has listed, and takes all else for one's own.

    Attributes:
        out_of_order: whether it does not answer.
    """

    def __init__(self) -> None:
        self.out_of_order = False
        self.of_others: set[str] = set()

    async def is_own(self, name: str, identity_type: str, identity_number: str, mobile: str) -> bool:
        """Ask about a number; see `MobileRegister.is_own`."""
        if self.out_of_order:
            raise unavailable(MOBILE_REGISTER, Message("没有应答", "it does not answer"))
        return mobile not in self.of_others


class InterruptibleSms:
    """An SMS provider that can be put out of order.

    Args:
        provider: sends while it is in order.

    Attributes:
        notices: the number, text and name of each that it has taken; asked: how often it was asked to take one.
        slow: how many seconds each takes.
    """

    def __init__(self, provider: SmsGateway) -> None:
        self.out_of_order = False
        self.notices: list[tuple[str, str, str]] = []
        self.asked, self.slow = 0, 0.0
        self._provider = provider

    async def send_code(self, mobile: str, code: str, purpose: Message, minutes: int, language: Language) -> None:
        """Send a code; see `SmsGateway.send_code`."""
        if self.out_of_order:
            raise unavailable(SMS_PROVIDER, Message("没有应答", "it does not answer"))
        await self._provider.send_code(mobile, code, purpose, minutes, language)

    async def send_notice(self, mobile: str, text: str, identifier: str) -> None:
        """Send a notice; see `SmsGateway.send_notice`."""
        self.asked += 1
        await asyncio.sleep(self.slow)
        if self.out_of_order:
            raise unavailable(SMS_PROVIDER, Message("没有应答", "it does not answer"))
        self.notices.append((mobile, text, identifier))
        await self._provider.send_notice(mobile, text, identifier)
