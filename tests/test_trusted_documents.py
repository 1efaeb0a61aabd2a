"""Manifests of trusted documents, and the channels that send no others, as operators name them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composition.settings import ROOT, ConfigurationError, Settings
from composition.trusted_documents import trusted_documents, trusts_only
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from schema.kit.limits import Limits

QUERY = "query Codes { regions { code } }"
OTHER = "{ regions { level } }"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings("development", tmp_path, "", ROOT / "regions")


def manifest(settings: Settings, content: Any, name: str = "manifest.json") -> Settings:
    """Return settings with one more manifest."""
    file = settings.folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return replace(settings, trusted_documents=(*settings.trusted_documents, file))


@pytest.mark.parametrize(
    "content",
    [
        {"1": QUERY},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": "1", "name": "Codes", "type": "query", "body": QUERY}],
        },
    ],
)
def test_manifests_are_read_in_the_forms_that_builds_write(settings: Settings, content: Any) -> None:
    given = manifest(manifest(settings, content), {"2": OTHER, "1": QUERY}, "second.json")
    assert trusted_documents(given, Limits()) == {"1": QUERY, "2": OTHER}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ([QUERY], "is no manifest"),
        ({}, "is no manifest"),
        ({"1": 7}, "is no manifest"),
        ({"format": "apollo-persisted-query-manifest", "operations": [{"id": "1"}]}, "is no manifest"),
        ({"1": "{ gone }"}, "the document 1 cannot be executed: Cannot query field 'gone'"),
        ({"1": "{"}, "the document 1 cannot be executed: Syntax Error"),
    ],
)
def test_what_cannot_be_trusted_is_told_at_the_start(settings: Settings, content: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"manifest.json.*{words}"):
        trusted_documents(manifest(settings, content), Limits())


def test_two_texts_under_one_id_are_told(settings: Settings) -> None:
    given = manifest(manifest(settings, {"1": QUERY}), {"1": OTHER}, "second.json")
    with pytest.raises(ConfigurationError, match=r"second\.json has another text under the id 1"):
        trusted_documents(given, Limits())


def test_channels_that_do_not_exist_are_told(settings: Settings) -> None:
    policies = Policies(load_tree(settings.regions))
    chosen = replace(settings, trusted_channels=frozenset({"national_mini_program", "tv"}))
    with pytest.raises(ConfigurationError, match="TRUSTED_DOCUMENTS no file"):
        trusts_only(chosen, policies)
    with pytest.raises(ConfigurationError, match="names tv, which is no channel"):
        trusts_only(manifest(chosen, {"1": QUERY}), policies)
    assert trusts_only(settings, policies) is None
