"""Starting a region: a folder of files that load, whose tests pass, and whose comments say what to write where.

The files are made in a copy of the regions, checked and tested there, and only then put in place.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import DecisionFault, OperatorError
from domain.message import Message, joined
from domain.region import Level, is_directly_in_province, prefecture_of, province_of
from policies.cases.case_files import Case, load_cases
from policies.cases.cases import run_cases
from policies.edit.formatting import format_text
from policies.edit.schemas import kind_of, schema_line
from policies.engine.decide import Policies
from policies.language.region_codes import REGION_CODE
from policies.language.service import Setting
from policies.language.values import show_day
from policies.language.vocabulary import Term
from policies.source.faults import Fault, PolicyFaults
from policies.source.reader import NAME
from policies.source.system_words import in_words
from policies.tree.tree import PolicyTree, RegionPolicies, load_tree

Files = dict[str, str]


class RegionRefused(OperatorError):
    """A region cannot be started so; says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewRegion:
    """A region to start.

    Args:
        path: its folder, relative to the regions folder, with slashes.
        code: GB/T 2260; name: what people read.
        parent: the name of the region above, where that is to be started too; its code follows.
        service: the first service to write a file for; None for the first that the region above offers.
    """

    path: str
    code: str
    name: Message
    parent: Message | None = None
    service: str | None = None


def start_region(folder: Path, new: NewRegion, today: date) -> list[str]:
    """Write a starting folder and return its files, relative to the regions folder.

    Args:
        folder: the regions folder; new: what to start; today: the day from which its first values could hold.

    Raises:
        RegionRefused: the folder, the code or the name does not do.
        PolicyFaults: the regions that are there have faults.
    """
    _check_words(folder, new)
    tree = load_tree(folder)
    above = {place.region.path: place for place in tree.regions.values()}
    parents = _parents(new, above)
    _check_code(new, above)
    files = dict(parents.files)
    files |= _region_files(new, parents.nearest, today)
    with TemporaryDirectory() as made:
        staged = Path(made) / "regions"
        # All of them: a tests file of the nation may name a city anywhere.
        shutil.copytree(folder, staged, ignore=shutil.ignore_patterns(".*"))
        _write(staged, files)
        files |= _tests(staged, new, today)
        _write(staged, files)
        _check(staged, new)
    files = {name: format_text(text, kind_of(name)) for name, text in files.items()}
    try:
        _write(folder, files)
    except OSError as error:
        file, why = error.filename, in_words(error)
        message = Message(f"无法写入 `{file}`：{why.zh}。", f"{file} cannot be written: {why.en}.")
        raise RegionRefused(message) from None
    return sorted(files)


def _check_words(folder: Path, new: NewRegion) -> None:
    parts = new.path.split("/")
    if len(parts) < 2 or not all(NAME.fullmatch(part) for part in parts):
        message = Message(
            f"`{new.path}` 不能作为地区的文件夹：请从国家一级起逐级写明，以斜杠分隔，"
            "每级只用小写字母、数字和单个 `_`。",
            f"{new.path!r} is no folder for a region: write the folders from the nation down with slashes between,"
            " each in lower-case letters, digits and single `_`.",
        )
        raise RegionRefused(message)
    if not REGION_CODE.fullmatch(new.code):
        message = Message(
            f"`{new.code}` 不是行政区划代码：请写六位数字，省、市、区县各两位。",
            f"{new.code!r} is no GB/T 2260 code: write six digits, two each for province, city, district.",
        )
        raise RegionRefused(message)
    if (folder / new.path).exists():
        message = Message(
            f"{new.path} 已经存在；请修改其中的文件，或另选文件夹。",
            f"{new.path} is there already; change its files, or choose another folder.",
        )
        raise RegionRefused(message)


@dataclass(frozen=True, slots=True)
class _Parents:
    """What stands above a new region: the nearest region that is there, and the files of one to be started between."""

    nearest: RegionPolicies
    files: Mapping[str, str]


def _parents(new: NewRegion, above: Mapping[str, RegionPolicies]) -> _Parents:
    path = new.path.rpartition("/")[0]
    if path in above:
        if new.parent is not None:
            message = Message(
                f"{path} 已经存在；上级地区的名称请勿再写。",
                f"{path} is there already; leave out the name of the region above.",
            )
            raise RegionRefused(message)
        return _Parents(above[path], {})
    grandparent = path.rpartition("/")[0]
    if grandparent not in above:
        missing = grandparent or path
        message = Message(
            f"`{missing}` 没有 `region.yaml`；请从国家一级起逐级新建地区。",
            f"{missing} has no region.yaml; start the regions from the nation down.",
        )
        raise RegionRefused(message)
    if new.parent is None:
        message = Message(
            f"`{path}` 没有 `region.yaml`；请先新建该地区，或用 `--parent-name-zh` 和 `--parent-name-en` 写明其名称。",
            f"{path} has no region.yaml; start it first, or name it with --parent-name-zh and --parent-name-en.",
        )
        raise RegionRefused(message)
    # One level is missing, and the folder above says which: digits alone would make a prefecture of a province.
    between = NewRegion(path, _code_below(above[grandparent].region.level, new.code), new.parent)
    _check_code(between, above)
    return _Parents(above[grandparent], _identity(between))


def _code_below(level: Level, code: str) -> str:
    """Return the code of the region one level below another in which a code lies."""
    return province_of(code) if level == "nation" else prefecture_of(code)


def _check_code(new: NewRegion, above: Mapping[str, RegionPolicies]) -> None:
    """Refuse a code that another folder has, and one that lies in a prefecture whose folder is another."""
    for code in (new.code, prefecture_of(new.code)):
        taken = next((path for path, place in above.items() if place.region.code == code), None)
        if taken is not None and not new.path.startswith(f"{taken}/"):
            raise RegionRefused(_taken(new, code, taken))


def _taken(new: NewRegion, code: str, used: str) -> Message:
    if code == new.code:
        return Message(
            f"{code} 已是 {used} 的代码；一个地区只能有一个文件夹。",
            f"{code} is already the code of {used}; one folder a region.",
        )
    name = new.path.rpartition("/")[2]
    return Message(
        f"{new.code} 在 {used}（{code}）境内；请把文件夹写成 {used}/{name}。",
        f"{new.code} lies in {used} ({code}); write the folder as {used}/{name}.",
    )


def _level(code: str) -> str:
    """Return the level that the digits of a code speak of; a county that lies right in its province is like a city."""
    if code == "000000":
        return "nation"
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") or is_directly_in_province(code) else "district"


def _identity(new: NewRegion) -> Files:
    lines = (
        "# GB/T 2260",
        f'code: "{new.code}"',
        f"level: {_level(new.code)}",
        f"name: {{zh: {_quoted(new.name.zh)}, en: {_quoted(new.name.en)}}}",
    )
    return _file(f"{new.path}/region.yaml", *lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _file(name: str, *lines: str) -> Files:
    return {name: "\n".join((schema_line(name), *lines)) + "\n"}


def _region_files(new: NewRegion, nearest: RegionPolicies, today: date) -> Files:
    service = _service(new, nearest)
    return {
        **_identity(new),
        **_settings_file(new, nearest, today),
        **_service_file(new, service, nearest, today),
    }


def _service(new: NewRegion, nearest: RegionPolicies) -> Term:
    known = nearest.words.vocabularies.get("services")
    terms = known.terms if known is not None else {}
    if new.service is not None and new.service not in terms:
        listed = ", ".join(terms)
        message = Message(
            f"`{new.service}` 不是服务事项；现有：{listed or '无'}。",
            f"{new.service!r} is no service; there are: {listed or 'none'}.",
        )
        raise RegionRefused(message)
    offered = [name for name in terms if name in nearest.services]
    names = [new.service] if new.service is not None else offered or list(terms)
    if not names:
        message = Message(
            "还没有服务事项；请先编写 `vocabulary/services.yaml`。",
            "There is no service yet; write vocabulary/services.yaml first.",
        )
        raise RegionRefused(message)
    return terms[names[0]]


def _source() -> str:
    zh = "在此写明依据 sources.yaml 中哪份文件的哪一条"
    en = "write here which document of sources.yaml says it, and its clause"
    return f'source: {{document: assumption, note: {{zh: "{zh}", en: "{en}"}}}}'


def _inherited(settings: Mapping[str, Setting]) -> list[str]:
    listed = []
    for name, setting in settings.items():
        may = f"; only: {setting.binding.children_may}" if setting.binding is not None else ""
        listed.append(f"#   {name}: {setting.label.zh} · {setting.label.en} ({setting.type}{may})")
    return listed or ["#   (无 · none)"]


def _example(today: date) -> list[str]:
    return [
        "# 某项参数自某日起与上级不同时这样写 · a value that differs here from a day on is written so:",
        "#   name_of_the_setting:",
        "#     replaces: true",
        f"#     values: [{{value: 16, from: {today}}}]",
    ]


def _settings_file(new: NewRegion, nearest: RegionPolicies, today: date) -> Files:
    lines = [
        "# 本地区各服务共用的参数；这里没有写的，一律沿用上级。",
        "# Settings that all services here share; what is not said here holds as the regions above say it.",
        _source(),
        "",
        "# 可在此替换的上级参数 · settings of the regions above that may be replaced here:",
        *_inherited(nearest.shared_settings),
        *_example(today),
        "settings: {}",
    ]
    return _file(f"{new.path}/settings.yaml", *lines)


def _service_file(new: NewRegion, service: Term, nearest: RegionPolicies, today: date) -> Files:
    label = service.label
    parent = nearest.services.get(service.name)
    title = [] if parent else [f"title: {{zh: {_quoted(label.zh)}, en: {_quoted(label.en)}}}"]
    rules = [f"#   {name}" for name in parent.rules] if parent else ["#   (无 · none)"]
    lines = [
        f"# {label.zh}：本地区另有规定的内容；这里没有写的，一律沿用上级。",
        f"# {label.en}: what is otherwise here; what is not said holds as the regions above say it.",
        *title,
        _source(),
        "# 每隔多久与文件核对一次，最近一次核对的日期 · how often this is compared with its documents, and when it last was:",
        "review_every: 1 year",
        f"reviewed: {today}",
        "",
        "# 可在此替换的上级参数 · settings of the regions above that may be replaced here:",
        *_inherited(parent.own_settings if parent else {}),
        *_example(today),
        "settings: {}",
        "",
        "# 上级的规则；同名并写 replaces: true 即替换，写 removed: true 并注明 source 即取消",
        "# rules of the regions above; the same name with `replaces: true` replaces one, `removed: true` with a source removes it:",
        *rules,
        "# 新规则这样写 · a new rule is written so:",
        "#   name_of_the_rule:",
        "#     when: {holder.age: {below: 16}}",
        "#     tell: true",
        "#     message: {zh: 告诉申请人的话。, en: What people are told.}",
        "rules: {}",
    ]
    return _file(f"{new.path}/{service.name}.yaml", *lines)


def _tests(staged: Path, new: NewRegion, today: date) -> Files:
    """Return the tests file: one case, which expects what is decided before anything is known of the applicant."""
    policies = Policies(_loaded(staged))
    service = _service(new, policies.region(policies.region(new.code).region.parent or new.code))
    name = f"{new.path}/{service.name}.tests.yaml"
    _write(staged, _case(name, today, "denials: []"))
    case = next(case for case in load_cases(policies.tree) if case.place.file == name)
    return _case(name, today, _expected(policies, case))


def _expected(policies: Policies, case: Case) -> str:
    try:
        decision = policies.decide(
            case.service,
            case.region,
            case.facts,
            case.on,
            known=case.known,
            evidence=case.evidence,
            history=case.history,
            form=True,
        )
    except DecisionFault as fault:
        message = Message(
            f"按上级的规定，在{show_day(case.on)}无法判定。{fault.detail.zh}",
            f"What stands above cannot be decided on {case.on}. {fault.detail.en}",
        )
        raise RegionRefused(message) from None
    denials = ", ".join(denial.rule for denial in decision.denials)
    perhaps = ", ".join(denial.rule for denial in decision.conditional_denials)
    return f"denials: [{denials}], conditional_denials: [{perhaps}]"


def _case(name: str, today: date, expected: str) -> Files:
    lines = [
        "# 用例：一句话说明应有的结果；`python main.py policy test` 逐一检查。上级同名文件的 defaults 在此同样有效。",
        "# Cases: each says in a sentence what must be decided; the `defaults` of the same file above hold here too.",
        f"defaults: {{date: {today}}}",
        "",
        "cases:",
        "  # 其他用例写明事实和结果 · a further case states facts and what comes of them:",
        "  #   - name: {zh: 文件条款和应有的结果, en: the clause and what must come of it}",
        "  #     facts: {holder.age: 15}",
        "  #     expect: {allowed: false}",
        "  - name:",
        "      zh: 什么情况都还不知道时，表单显示的内容（新建时自动写入，请核对）",
        "      en: what a form shows while nothing is known (written for you; please check)",
        "    form: true",
        f"    expect: {{{expected}}}",
    ]
    return _file(name, *lines)


def _loaded(staged: Path) -> PolicyTree:
    try:
        return load_tree(staged)
    except PolicyFaults as faults:
        said = joined(map(_told, faults.faults), "", " ")
        raise RegionRefused(Message(f"所建的文件无法读入。{said.zh}", f"It would not load. {said.en}")) from None


def _told(fault: Fault) -> Message:
    file, message, remedy = fault.file, fault.message, fault.remedy
    return Message(f"{file}：{message.zh}；{remedy.zh}。", f"{file}: {message.en}; {remedy.en}.")


def _check(staged: Path, new: NewRegion) -> None:
    failed = [result for result in run_cases(Policies(_loaded(staged)), staged / new.path) if not result.passed]
    if failed:
        zh, en = failed[0].text("zh"), failed[0].text("en")
        raise RegionRefused(Message(f"其首个用例不会通过：{zh}", f"Its first test would fail: {en}"))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
