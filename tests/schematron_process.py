"""A process that judges XML by compiled schematron: a JSON line in (stylesheet, file), a JSON line out (what failed).

Saxon brings a virtual machine of its own that minds neither forks nor threads, so it gets this process. A stylesheet is compiled once.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET

from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def main() -> None:
    """Answer until the input ends."""
    with PySaxonProcessor(license=False) as processor:
        compiler = processor.new_xslt30_processor()
        sheets = {}
        for question in sys.stdin:
            sheet, file = json.loads(question)
            if sheet not in sheets:
                sheets[sheet] = compiler.compile_stylesheet(stylesheet_file=sheet)
            report = ET.fromstring(sheets[sheet].transform_to_string(source_file=file))
            found = [
                [failed.get("flag") or "fatal", failed.get("id") or "", " ".join("".join(failed.itertext()).split())]
                for kind in ("failed-assert", "successful-report")
                for failed in report.iter(f"{SVRL}{kind}")
            ]
            fired = len(list(report.iter(f"{SVRL}fired-rule")))
            print(json.dumps({"fired": fired, "found": found}), flush=True)


if __name__ == "__main__":
    main()
