"""How it stands with the policies of the running service, for those who keep them."""

from domain.errors import NotFound
from domain.message import Message
from policies.live import PoliciesStatus
from resolvers.dependencies import Dependencies


def policies_status(dependencies: Dependencies) -> PoliciesStatus:
    """Return which policies are in force, since when, and why a change of their files is not.

    Raises:
        NotFound: nothing keeps the policies of this process up to date.
    """
    if dependencies.live is None:
        raise NotFound(
            Message(
                "这个进程不跟踪政策文件的变动，请在提供服务的进程上查看。",
                "This process does not follow the policy files.",
            )
        )
    return dependencies.live.status
