"""How the files of a region are named: after the services."""

from collections.abc import Mapping

from domain.message import Message
from policies.language.vocabulary import Term
from policies.source.faults import near
from policies.tree.folders import TESTS


def service_meant(file: str, terms: Mapping[str, Term], names: tuple[str, ...]) -> Message:
    """Say how a file is named whose name is no service: by the name of the service that it is named after."""
    word, ending = file.partition(".")[0], TESTS if file.endswith(TESTS) else ".yaml"
    alike = [name for name, term in terms.items() if word and word in (term.label.zh, term.label.en.lower())]
    alike += [name for name, term in terms.items() if name not in alike and len(word) > 1 and word in term.label.zh]
    known = terms if file.endswith(TESTS) else names
    alike += [name for name in near(word.rstrip("0123456789_- "), known) if name not in alike]
    if alike and alike[0] not in terms:
        return Message(f"是否应为 `{alike[0]}.yaml`？", f"did you mean {alike[0]}.yaml?")
    if not alike:
        return Message(
            "文件名要写服务事项的英文名；全部名称见 `vocabulary/services.yaml`",
            "name it after a service; vocabulary/services.yaml lists them all",
        )
    alike = [name for name in alike if name in terms]
    called = [(f"{name}{ending}", terms[name].label) for name in alike[:3]]
    zh = "、".join(f"`{file}`（{label.zh}）" for file, label in called)
    en = ", ".join(f"{file} ({label.en})" for file, label in called)
    return Message(
        f"文件名要写服务事项的英文名，例如 {zh}；全部名称见 `vocabulary/services.yaml`",
        f"name it after a service, such as {en}; vocabulary/services.yaml lists them all",
    )
