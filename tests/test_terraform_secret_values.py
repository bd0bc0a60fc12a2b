"""Secrets: read from where the fleet says, handed over in a file without a name, masked in whatever is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terraform.infrastructure import SecretSource
from terraform.secret_values import Masking, NoSecret, of_environment, read, variables_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_infra import Infra

PRINTER = """
variable "word" { type = string }
output "word" {
  value     = var.word
  sensitive = true
}
"""


def test_every_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("from a file\n")
    sources = [
        SecretSource("a", env="A"),
        SecretSource("b", file=tmp_path / "there"),
        SecretSource("c", file=tmp_path / "no"),
    ]
    with pytest.raises(NoSecret) as raised:
        read("one", sources, {})
    assert "one: infrastructure: a: the environment variable A is not set" in str(raised.value)
    assert f"c: {tmp_path / 'no'} can't be read" in str(raised.value)
    assert read("one", sources[:2], {"A": "from outside"}) == {"a": "from outside", "b": "from a file"}


def test_the_file_of_variables_has_no_name_and_is_the_owners_alone() -> None:
    with variables_file({"token": "x"}) as given:
        assert given is not None
        path, descriptor = given
        there = os.fstat(descriptor)
        assert (there.st_nlink, there.st_mode & 0o777) == (0, 0o600)
        code = f"print(open({path!r}).read())"
        done = subprocess.run(
            [sys.executable, "-c", code], pass_fds=[descriptor], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == 'token = "x"'
    with variables_file({}) as nothing:
        assert nothing is None


def test_a_secret_reaches_terraform_as_it_is(infra: Infra) -> None:
    words = ['a "quoted" word', "${file(1)} %{if}", "back\\slash\\b and\ttab", "zwei\nzeilen", "日本語 🜁", "\x01\x0c"]
    names = [f"word_{number}" for number in range(len(words))]
    module = "".join(PRINTER.replace("word", name) for name in names)
    infra.cluster("one", module, secrets={name: {"env": name.upper()} for name in names})
    given: dict[str, Any] = {name.upper(): word for name, word in zip(names, words, strict=True)}
    infra.run("plan", "one", **given)
    infra.run("apply", "one", **given)
    outputs = infra.state("one")["outputs"]
    assert [outputs[name]["value"] for name in names] == words


@given(st.text(min_size=6).filter(lambda text: text.strip() == text and len(text.splitlines()) == 1), st.text())
def test_a_masked_text_has_no_secret(secret: str, around: str) -> None:
    masking = Masking([secret])
    for text in (
        f"{around}{secret}{around}",
        json.dumps({"said": f"{around} {secret}"}),
        json.dumps(secret, ensure_ascii=False),
    ):
        assert secret not in masking.text(text).replace("(secret)", "")


def test_credentials_of_the_environment_are_secrets_and_names_are_not() -> None:
    found = of_environment(
        {
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7",
            "PG_CONN_STR": "postgres://me:s3cr3t-word@host/db",
            "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
            "HOME": "/home/me",
        }
    )
    assert found == ["wJalrXUtnFEMI", "postgres://me:s3cr3t-word@host/db", "s3cr3t-word"]
