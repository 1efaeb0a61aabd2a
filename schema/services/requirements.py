"""What a form must ask, and the dry run of a request."""

from dataclasses import replace
from datetime import date

import strawberry

from domain.errors import DomainError, InvalidInput
from domain.message import Message
from policies.engine.decide import Policies
from policies.language.values import Kind
from resolvers.changing.service_password import with_new_password
from resolvers.changing.service_request import ServiceRequest
from resolvers.looking_up.requirements import AskedFact, Requirements, SupposedFacts
from resolvers.services.delegate import with_delegation
from resolvers.services.transfer_in import with_kinds
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field, shown
from schema.kit.text import Text, text
from schema.services.delegate import DelegateInput
from schema.services.forms import Form, form_shown
from schema.services.request_input import INPUTS, RequestInput
from schema.types.decision import Decision, decision
from schema.types.errors import UserError
from schema.types.inputs import DeliveryInput, EvidenceInput, request_of
from schema.types.terms import Term, shown_term


@strawberry.input(description="A fact that a form already knows or supposes. Nothing is granted on it.")
class SuppositionInput:
    """A supposition."""

    fact: str = field("The fact, such as `holder.age` or `request.channel`.")
    value: str = field(
        "Its value: true or false, a whole number, YYYY-MM-DD, a moment with its zone, or a term; several terms by commas; empty where"
        " there is none, of what can be absent."
    )


@sees(WITH_IT)
@strawberry.type(description="A value to choose from.")
class Option:
    """An option."""

    value: str = field("The term.")
    label: Text = field("What people call it.")


@sees(WITH_IT)
@strawberry.type(description="A fact that the applicant must declare.")
class DeclaredField:
    """A declared fact."""

    name: str = field("The fact; give it in `evidence.declarations`.")
    label: Text = field("What a form calls it.")
    type: str = field("What it holds.", instead="Use `valueKind`.")
    value_kind: Kind = shown("What it holds.", lambda fact: Kind(fact.type))
    options: list[Option] = field("The values to choose from, for a term.")
    proof: str | None = field("The document that proves it, if one is needed: a term of the documents vocabulary.")
    proof_term: Term | None = shown_term("documents", "proof", region="region")
    region: strawberry.Private[str]


@sees(WITH_IT)
@strawberry.type(description="Something that a region lets people choose.")
class ChoiceField:
    """A choice."""

    fact: str = field("The fact; give it in `evidence.choices`.")
    label: Text = field("What a form calls it.")
    type: str = field("What it holds.", instead="Use `valueKind`.")
    value_kind: Kind = shown("What it holds.", lambda fact: Kind(fact.type))
    options: list[Option] = field("The values to choose from, for a term; `decision.routes` tells which are open.")


@sees(WITH_IT)
@strawberry.type(description="What a front-end's form must ask for a service in a region.")
class FormRequirements:
    """Requirements of a form."""

    decision: Decision = field("Every part that could apply; `conditional` marks what hangs on facts not known yet.")
    declarations: list[DeclaredField] = field("Facts to declare.")
    channels: list[str] = field("Channels that are open for the service: terms of the channels vocabulary.")
    channel_terms: list[Term] = shown_term("channels", "channels", region="decision.record.region")
    choices: list[ChoiceField] = field("What the region lets people choose besides bank, outlet, delivery and reason.")
    found: strawberry.Private[Requirements]

    @strawberry.field(
        description="The form of the mutation that takes the service, field by field and as JSON Schema; null where none does."
        " Ask again with what is filled in as `suppose`: what waited for it is settled then."
    )
    def form(self) -> Form | None:
        """Build the form."""
        return form_shown(self.found)


@strawberry.input(description="A delegation to try out.")
class DelegationInput:
    """A delegation."""

    delegate: DelegateInput = field("Who may act.")
    services: list[str] = field("What for: terms of the services vocabulary.")
    until: date = field("The last day on which it holds.")


_INSTEAD = "Give `request`: it takes the very input of the mutation."


@strawberry.input(
    description="A request to try out. Nothing changes; the same code decides as for the mutation. Give `request`, or the `service`"
    " of what is only looked up."
)
class CheckEligibilityInput:
    """A request to try out."""

    request: RequestInput | None = field("A change, with the very input of its mutation.", default=None)
    service: str | None = field(
        "A term of the services vocabulary, for what is looked up, such as `status`.", default=None
    )
    region_code: str | None = field("The region, for a service that is on no card or operation yet.", default=None)
    holder_id: strawberry.ID | None = field("Whom it is for; yourself if left out.", default=None)
    present_person_id: strawberry.ID | None = field("At a window, who is there. Clerks only.", default=None)
    card_id: strawberry.ID | None = field("The card, for a service on a card.", default=None)
    operation_id: strawberry.ID | None = field("The operation, for a service on an operation.", default=None)
    bank: str | None = field("The issuing bank.", default=None, instead=_INSTEAD)
    outlet: str | None = field("The issuing outlet.", default=None, instead=_INSTEAD)
    delivery: DeliveryInput | None = field("How to receive the card.", default=None, instead=_INSTEAD)
    evidence: EvidenceInput | None = field("What is brought along.", default=None, instead=_INSTEAD)
    reissue_reason: str | None = field("Why a new card is asked for.", default=None, instead=_INSTEAD)
    cancellation_reason: str | None = field("Why a card is cancelled.", default=None, instead=_INSTEAD)
    insurance_kinds: list[str] | None = field(
        "The insurance kinds chosen for a transfer.", default=None, instead=_INSTEAD
    )
    new_password: str | None = field(
        "A new service password, to see whether it will do.", default=None, instead=_INSTEAD
    )
    delegation: DelegationInput | None = field("What would be delegated, and to whom.", default=None, instead=_INSTEAD)

    def admit(self, info: Info) -> None:
        """Let only those try a change out who may ask for it.

        Raises:
            NotPermitted: who asks may not.
        """
        kind = self.request.kind if self.request is not None else INPUTS.get(self.service or "")
        if kind is not None:
            info.context.admit(kind.asks, kind.refusal)

    async def asked(self, info: Info) -> ServiceRequest:
        """Return the request as plain values.

        Raises:
            InvalidInput: neither a request nor a service is given, or both.
        """
        others = [value for name, value in vars(self).items() if name != "request"]
        if (self.request is None) is (self.service is None) or (
            self.request is not None and any(value is not None for value in others)
        ):
            raise InvalidInput(
                Message(
                    "请填写 `request`（某项变更的输入）或者 `service`（要查询的事项），不能都填，也不能都不填；填写 `request` 的，不要再填其他项。",
                    "Give `request`, the input of a change, with nothing else beside it, or `service`, what is looked up: one of"
                    " the two.",
                ),
                field="input.request",
            )
        if self.request is not None:
            return await self.request.prepared(info)
        return await self._of_any_service(info, self.service or "")

    def named(self, error: DomainError) -> DomainError:
        """Return what is wrong, with the fields of a mutation's input where they stand in this one."""
        for each in error.errors if isinstance(error, InvalidInput) else (error,):
            if self.request is not None and each.field is not None and each.field != "input.request":
                each.field = each.field.replace("input", self.request.place, 1)
        return error

    async def _of_any_service(self, info: Info, service: str) -> ServiceRequest:
        request = replace(self._request(info.context.dependencies.policies(), service), of_any_service=True)
        if self.insurance_kinds is not None:
            request = with_kinds(request, self.insurance_kinds)
        if self.new_password is not None:
            request = with_new_password(request, self.new_password, self.new_password, same_as_old=False)
        if self.delegation is not None:
            given = self.delegation
            services = tuple(given.services)
            dependencies = info.context.dependencies
            request, _ = await with_delegation(
                dependencies,
                info.context.require_actor(),
                request,
                given.delegate.value(),
                services,
                given.until,
                "input.delegation",
            )
        return request

    def _request(self, policies: Policies, service: str) -> ServiceRequest:
        return request_of(
            policies,
            service,
            self.evidence,
            region=self.region_code,
            holder_id=self.holder_id,
            present_id=self.present_person_id,
            card_id=self.card_id,
            operation_id=self.operation_id,
            bank=self.bank,
            outlet=self.outlet,
            delivery=self.delivery,
            reissue_reason=self.reissue_reason,
            cancellation_reason=self.cancellation_reason,
        )


@sees(WITH_IT)
@strawberry.type(description="The answer of a dry run.")
class EligibilityPayload:
    """What would be decided."""

    decision: Decision | None = field("What the policies say; null where it did not come to that.", default=None)
    errors: list[UserError] = field(
        "What is wrong with the request itself; refusals are in the decision.", factory=list
    )


def situation_of(given: list[SuppositionInput]) -> SupposedFacts:
    """Return suppositions by the facts' names."""
    return SupposedFacts({item.fact: item.value for item in given})


CHANNEL = "request.channel"


def requirements_shown(found: Requirements) -> FormRequirements:
    """Return requirements as the graph shows them."""
    routes, region = found.decision.routes, found.decision.region
    return FormRequirements(
        decision=decision(found.decision, found.waiting, found.holding),
        declarations=[_declared_field(fact, region) for fact in found.declared],
        choices=[_choice_field(fact) for fact in found.choices],
        channels=next((list(route.offered) for route in routes if route.choice == CHANNEL), []),
        found=found,
    )


def _declared_field(fact: AskedFact, region: str) -> DeclaredField:
    """Return a declared fact as the graph shows it."""
    return DeclaredField(
        name=fact.name,
        label=text(fact.label),
        type=fact.kind,
        options=[Option(value=value, label=text(label)) for value, label in fact.options],
        proof=fact.proof,
        region=region,
    )


def _choice_field(fact: AskedFact) -> ChoiceField:
    """Return a choice as the graph shows it."""
    options = [Option(value=value, label=text(label)) for value, label in fact.options]
    return ChoiceField(fact=fact.name, label=text(fact.label), type=fact.kind, options=options)
