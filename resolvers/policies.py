"""How it stands with the policies of the running service, for those who keep them."""

from domain.errors import NotFound, NotPermitted
from domain.holder import Actor
from domain.message import Message
from policies.live import PoliciesStatus
from resolvers.dependencies import Dependencies

READERS = frozenset({"policy_officer", "clerk"})
"""Roles that may see which files have faults; terms of the roles vocabulary."""


def policies_status(dependencies: Dependencies, actor: Actor) -> PoliciesStatus:
    """Return which policies are in force, since when, and why a change of their files is not.

    Raises:
        NotPermitted: whoever asks neither keeps the policies nor works by them.
        NotFound: nothing keeps the policies of this process up to date.
    """
    if actor.role not in READERS:
        raise NotPermitted(
            Message(
                "只有政策人员和窗口经办人员可以查看政策文件的状态，请换用他们的账号。",
                "Only policy officers and clerks may see the state of the policy files.",
            )
        )
    if dependencies.live is None:
        raise NotFound(
            Message(
                "这个进程不跟踪政策文件的变动，请在提供服务的进程上查看。",
                "This process does not follow the policy files.",
            )
        )
    return dependencies.live.status
