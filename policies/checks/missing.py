"""Service files that have no tests beside them."""

from collections.abc import Iterator

from domain.message import Message
from policies.cases.case_files import case_paths
from policies.source.faults import SourceLocation
from policies.tree.folders import TESTS
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice


def missing_tests(tree: PolicyTree) -> Iterator[Notice]:
    """Yield the service files that have no tests file."""
    for place in tree.regions.values():
        tested = {path.name.partition(".")[0] for path in case_paths(tree, place)}
        for policy in place.services.values():
            file = policy.files[-1] if policy.files else ""
            if file.rpartition("/")[0] == place.region.path and policy.name not in tested:
                message = Message(
                    f"`{place.region.code}` 的服务事项 `{policy.name}` 没有用例文件",
                    f"the service `{policy.name}` of {place.region.code} has no tests file",
                )
                tests = f"{file.removesuffix('.yaml')}{TESTS}"
                remedy = Message(f"补写 `{tests}`", f"add {tests}")
                yield Notice("TESTS_MISSING", SourceLocation(file, 1, 1, ""), message, remedy)
