"""A draft of policy files tried in the graph: the same functions as the officers' commands."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.access import Standing
from domain.message import Message
from policies.compare.changes import What
from policies.words import notices
from resolvers import rate_limiting
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, shown, worked_out
from schema.kit.scalars import Json
from schema.kit.text import Text, text
from schema.policy.policies import PolicyFault, policy_fault
from schema.policy.policy_impact import PolicyImpact, policy_impact
from schema.types.closed_sets import WrittenKind

# What asks about drafts is loaded for the first officer who tries one.
if TYPE_CHECKING:
    from resolvers.policy_tools.draft_answers import (
        About,
        DecidedOtherwise,
        FailedCase,
        Says,
        ServiceDifference,
        Span,
        Written,
    )
    from resolvers.policy_tools.policy_draft import PolicyDraft as Draft
else:
    Draft = Any


@strawberry.input(description="A policy file as it is proposed.")
class PolicyFileInput:
    """A proposed file."""

    file: str = field("Its path below the folder of the regions, such as nation/province/city/apply.yaml.")
    text: str | None = field("What it says; null takes the file away.", default=None)


@strawberry.input(description="Which part of a draft to look at; all of it, today and later, where nothing is said.")
class AboutInput:
    """A part of a draft."""

    region: str | None = field("GB/T 2260; with everything below it.", default=None)
    service: str | None = field("A term of the services vocabulary.", default=None)
    on: date | None = field("That day only.", default=None)
    known: date | None = field("The day by which it had to be published; the day itself if left out.", default=None)


@sees(WITH_IT)
@strawberry.type(description="Something that is allowed in policy files, and that an officer should know.")
class PolicyWarning:
    """A warning. Its code has a page in the documentation."""

    file: str = field("The file, below the folder of the regions.")
    line: int = field("The line, from 1.")
    column: int = field("The column, from 1.")
    path: str = field("The place in the YAML; empty for the whole file.")
    code: str = field("What kind of warning, for programs.")
    message: Text = field("What it is about, naming the value.")
    remedy: Text = field("What to do about it.")


@sees(WITH_IT)
@strawberry.type(description="One way in which a decision is not as a test expects.")
class TestDifference:
    """A difference."""

    what: str = field("The kind of expectation.")
    expected: str = field("What the test expects.")
    actual: str = field("What is decided.")


@sees(WITH_IT)
@strawberry.type(description="A test beside the policies that fails.")
class FailedTest:
    """A failed test."""

    file: str = field("The tests file.")
    line: int = field("The line of the case.")
    differences: list[TestDifference] = field("How the decision differs.")
    said: strawberry.Private[Message]

    @strawberry.field(
        description="The name of the case: a sentence, in the language of the request's Accept-Language header where it"
        " is written in both."
    )
    def name(self, info: Info) -> str:
        """Choose the language of the request."""
        return self.said.text(info.context.language)


@sees(WITH_IT)
@strawberry.type(description="What became of the tests beside the policies.")
class PolicyTests:
    """Test results."""

    passed: int = field("How many are as expected.")
    failed: list[FailedTest] = field("Those that are not.")


@sees(WITH_IT)
@strawberry.type(description="Something that is written otherwise in a draft.")
class WrittenChange:
    """A change."""

    kind: str = field("`rule`, `setting`, `fact` or `vocabulary`.", instead="Use `thing`.")
    thing: WrittenKind = shown("What is written otherwise.", lambda change: WrittenKind(change.kind))
    name: str = field("Its id.")
    what: str = field("`added`, `removed` or `changed`.", instead="Use `how`.")
    how: What = shown("How.", lambda change: What(change.what))
    parts: list[str] = field("Of what changed, the parts that did, such as `when` or `message`.")
    file: str | None = field("Where the draft has it, or where it was; null for a vocabulary.")
    line: int | None = field("The line.")


@sees(WITH_IT)
@strawberry.type(description="What one version says to a request.")
class VersionAnswer:
    """An answer."""

    refused: bool = field("Whether something refuses it, whatever is brought along.")
    fault: str | None = field("The code of the fault that keeps it from being decided, if one does.")
    says: list[Text] = field("What it says, as far as the versions differ.")


@sees(WITH_IT)
@strawberry.type(
    description="A request that is decided otherwise under a draft; the real engine has decided it under both."
)
class ChangedDecision:
    """A changed decision."""

    on: date = field("The day of the request.")
    who: Text = field("The request in words: the facts that the difference hangs on.")
    facts: Json = field("All facts of the request that either version reads.")
    before: VersionAnswer = field("What the policies in force say.")
    after: VersionAnswer = field("What the draft says.")


@sees(WITH_IT)
@strawberry.type(description="What comes of a change on days on which nothing else changes.")
class ChangeVerdict:
    """A verdict."""

    first: date = field("The first of the days.")
    last: date = field("The last of them.")
    alike: bool = field("Whether it is proven that no decision changes.")
    decisions: list[ChangedDecision] = field("Requests that are decided otherwise, one for each thing that differs.")
    open: list[Text] = field("What could not be settled.")


@sees(WITH_IT)
@strawberry.type(description="Regions in which a service changes in the same way.")
class ChangedService:
    """A changed service."""

    service: str = field("A term of the services vocabulary.")
    regions: list[str] = field("GB/T 2260.")
    changes: list[WrittenChange] = field("What is written otherwise.")
    alike: bool = field("Whether it is proven that no decision changes.")
    verdicts: list[ChangeVerdict] = field("What comes of it, by days.")


@sees(WITH_IT)
@strawberry.type(description="The difference between a draft and what is in force.")
class PolicyDifference:
    """A difference."""

    alike: bool = field("Whether it is proven that no decision changes, of any region that both have.")
    regions_added: list[str] = field("Regions that only the draft has.")
    regions_removed: list[str] = field("Regions that the draft does not have.")
    services: list[ChangedService] = field("Services that are written otherwise.")


@sees(WITH_IT)
@strawberry.type(description="What the solver finds that nobody can have meant.")
class SolverFindings:
    """Findings."""

    warnings: list[PolicyWarning] = field("Gaps, overlaps, rules that never apply, services that nobody can get …")
    open: list[Text] = field("What could not be settled.")


@sees(WITH_IT)
@strawberry.type(
    description="Policy files laid over those in force, tried before anybody is affected. Nothing is kept."
)
class PolicyDraft:
    """A draft."""

    faults: list[PolicyFault] = field(
        "Every fault, but for those that follow from one of these; with any, the draft cannot come into force."
    )
    consequences: int = field("How many more faults there are that follow from these.")
    warnings: list[PolicyWarning] = field("What an officer should know; found only where there are no faults.")
    draft: strawberry.Private[Draft]

    @strawberry.field(description="Runs the tests beside the policies of the draft.")
    async def tests(self, about: Annotated[AboutInput | None, argument("Which part.")] = None) -> PolicyTests:
        """Run the tests."""
        found = await self.draft.tests(_about(about))
        return PolicyTests(passed=found.passed, failed=[_failed(case) for case in found.failed])

    @strawberry.field(
        description="Compares the draft with what is in force: by proof, or by a request decided otherwise."
    )
    async def difference(self, about: Annotated[AboutInput | None, argument("Which part.")] = None) -> PolicyDifference:
        """Compare."""
        found = await self.draft.difference(_about(about))
        return PolicyDifference(
            alike=found.alike,
            regions_added=list(found.added),
            regions_removed=list(found.removed),
            services=[_service(each) for each in found.services],
        )

    @strawberry.field(description="Decides the newest decisions on record again under the draft.")
    async def impact(
        self,
        about: Annotated[
            AboutInput | None, argument("Which part; `on` is the day that all requests are moved to.")
        ] = None,
        latest: Annotated[int, argument("How many decisions at most.")] = 1_000,
    ) -> PolicyImpact:
        """Replay decisions."""
        return policy_impact(await self.draft.impact(_about(about), latest))

    @strawberry.field(description="Looks with the solver for what nobody can have meant.")
    async def findings(self, about: Annotated[AboutInput | None, argument("Which part.")] = None) -> SolverFindings:
        """Look for gaps and overlaps."""
        found = await self.draft.findings(_about(about))
        return SolverFindings(
            warnings=[_warning(notice) for notice in found.notices], open=[text(reason) for reason in found.open]
        )


@strawberry.type
class PolicyDraftQuery:
    """What officers ask of drafts."""

    @worked_out(
        "Tries changed policy files before they are in force; for policy officers.",
        sees=Standing.OFFICER,
        refusal=Message(
            "只有政策人员可以试算政策草案，请换用政策人员的账号。",
            "Only policy officers may try out a draft of the policies.",
        ),
    )
    async def policy_draft(
        self, info: Info, files: Annotated[list[PolicyFileInput], argument("The changed files.")]
    ) -> PolicyDraft | None:
        """Try a draft."""
        from resolvers.policy_tools.policy_draft import open_draft

        dependencies, actor = info.context.dependencies, info.context.require_actor()
        await rate_limiting.draft(dependencies, actor)
        draft = await open_draft(dependencies, actor, {file.file: file.text for file in files})
        return PolicyDraft(
            faults=[policy_fault(fault) for fault in draft.report.faults],
            consequences=draft.report.consequences,
            warnings=[_warning(notice) for notice in draft.report.warnings],
            draft=draft,
        )


def _about(given: AboutInput | None) -> "About":
    from resolvers.policy_tools.draft_answers import About

    return About(given.region, given.service, given.on, given.known) if given is not None else About()


def _warning(notice: notices.Notice) -> PolicyWarning:
    place = notice.place
    return PolicyWarning(
        file=place.file,
        line=place.line,
        column=place.column,
        path=place.path,
        code=notice.code,
        message=text(notice.message),
        remedy=text(notice.remedy),
    )


def _failed(case: "FailedCase") -> FailedTest:
    return FailedTest(
        file=case.place.file,
        line=case.place.line,
        said=case.name,
        differences=[
            TestDifference(what=each.what, expected=each.expected, actual=each.actual) for each in case.differences
        ],
    )


def _service(found: "ServiceDifference") -> ChangedService:
    return ChangedService(
        service=found.service,
        regions=list(found.regions),
        changes=[_change(each) for each in found.written],
        alike=found.alike,
        verdicts=[_verdict(span) for span in found.spans],
    )


def _change(found: "Written") -> WrittenChange:
    place = found.place
    return WrittenChange(
        kind=found.kind,
        name=found.name,
        what=found.what,
        parts=list(found.parts),
        file=place.file if place is not None else None,
        line=place.line if place is not None else None,
    )


def _verdict(span: "Span") -> ChangeVerdict:
    return ChangeVerdict(
        first=span.first,
        last=span.last,
        alike=span.alike,
        decisions=[_decision(each) for each in span.decisions],
        open=[text(reason) for reason in span.open],
    )


def _decision(found: "DecidedOtherwise") -> ChangedDecision:
    return ChangedDecision(
        on=found.on,
        who=text(found.who),
        facts=Json(found.facts),
        before=_answer(found.before),
        after=_answer(found.after),
    )


def _answer(says: "Says") -> VersionAnswer:
    return VersionAnswer(refused=says.refused, fault=says.fault, says=[text(message) for message in says.words])
