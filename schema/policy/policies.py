"""How it stands with the policy files of the running service."""

from datetime import datetime

import strawberry

from domain.access import CLERKS, Standing
from domain.message import Message
from policies.source import faults
from resolvers.policies import policies_status
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field, worked_out
from schema.kit.text import Text, text


@sees(WITH_IT)
@strawberry.type(description="One thing wrong with the policy files. Its code has a page in the documentation.")
class PolicyFault:
    """A fault."""

    file: str = field("The file, below the folder of the regions.")
    line: int = field("The line, from 1.")
    column: int = field("The column, from 1.")
    path: str = field("The place in the YAML; empty for the whole file.")
    code: str = field("What kind of fault, for programs.")
    message: Text = field("What is wrong, naming the value.")
    remedy: Text = field("What to do about it.")


@sees(WITH_IT)
@strawberry.type(description="The policies in force, and what came of the last change of their files.")
class Policies:
    """The state of the policies."""

    digest: str = field("Content hash of all files in force; tests beside them do not count.")
    loaded_at: datetime = field("Since when they are in force in the process that answers.")
    tried_at: datetime = field("When that process read the files last.")
    faults: list[PolicyFault] = field("Why what the files say now is not in force; none when it is.")
    consequences: int = field("How many more faults there are that follow from these.")


def policy_fault(fault: faults.Fault) -> PolicyFault:
    """Return a fault as the graph shows it."""
    return PolicyFault(
        file=fault.file,
        line=fault.line,
        column=fault.column,
        path=fault.path,
        code=fault.code,
        message=text(fault.message),
        remedy=text(fault.remedy),
    )


@strawberry.type
class PoliciesQuery:
    """What officers ask of the running service."""

    @worked_out(
        "The policies in force, since when, and the faults of a change that was refused; for policy officers and clerks.",
        sees=CLERKS | Standing.OFFICER,
        refusal=Message(
            "只有政策人员和窗口经办人员可以查看政策文件的状态，请换用他们的账号。",
            "Only policy officers and clerks may see the state of the policy files.",
        ),
    )
    def policies(self, info: Info) -> Policies | None:
        """Say how it stands with the policies."""
        status = policies_status(info.context.dependencies)
        return Policies(
            digest=status.digest,
            loaded_at=status.loaded_at,
            tried_at=status.tried_at,
            faults=[policy_fault(fault) for fault in status.faults],
            consequences=status.consequences,
        )
