"""checkov finds nothing in the modules that has no written reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provider.schemas import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixtures_checkov import Report

pytestmark = pytest.mark.slow

OPEN_DISK = """
resource "google_compute_disk" "home" {
  %s
  name = "home"
  zone = "europe-west1-b"
}
"""
SKIP = "#checkov:skip=CKV_GCP_37:%s"


def test_no_check_fails_on_the_modules_without_a_reason(checkov: Callable[[Path], Report]) -> None:
    report = checkov(MODULES)
    assert report.unreadable == (), "checkov can't read these files, so nothing in them was checked"
    assert report.resources > 150
    assert "\n".join(map(str, report.failed)) == "", "mend it, or say why not: #checkov:skip=ID:reason"
    assert [str(finding) for finding in report.skipped if len(finding.reason.split()) < 3] == []


def test_checkov_does_find_and_does_tell_reasons(checkov: Callable[[Path], Report], tmp_path: Path) -> None:
    for name, comment in {"open": "", "reasoned": SKIP % "it holds nothing"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(OPEN_DISK % comment)
    report = checkov(tmp_path)
    assert [(finding.check, finding.place.split(":")[0]) for finding in report.failed] == [
        ("CKV_GCP_37", "open/main.tf")
    ]
    assert [finding.reason for finding in report.skipped] == ["it holds nothing"]
