"""A month's documents in every format, in a folder with a manifest of hashes; written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from billing import canonical, certificate_page, cii, csv_lines, ledger_import, pdf, ubl, xlsx
from billing.document import Document, Status
from billing.document_checks import name
from billing.einvoice import NotExpressible
from billing.journal import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from billing.certificate_figures import Certificate
    from billing.ledger_import import LedgerMap
    from billing.pdf import Logo

SCHEMA = "hubledger/export/1"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"  # for `sha256sum -c`
LOCK = ".export.lock"  # one run at a time


class ExportError(Exception):
    """An export that was not written; the message says why."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not there, and why. A fault wants somebody to act; what a format can't say does not."""

    document: str
    format: str
    reason: str
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """What an export consists of: files by their path in the folder, and what was left out."""

    month: str
    files: Mapping[str, bytes]
    left_out: tuple[LeftOut, ...]


def render(
    month: str,
    documents: Sequence[Document],
    *,
    certificate: Certificate | None = None,
    ledgers: Sequence[LedgerMap] = (),
    without_certificate: str = "",
    logo: Logo | None = None,
) -> Export:
    """Return a month's documents in every format: issued ones in `issued/`, drafts in `drafts/` without XML.

    `without_certificate` says why there is none.

    What a format can't say, and a ledger import that would not balance, is left out with its reason. Raises Unsound if
    a document's sums don't agree, PdfError if one can't be printed, ExportError if two would have the same name.
    """
    files: dict[str, bytes] = {}
    left_out: list[LeftOut] = []
    for document, stem in zip(documents, _stems(documents), strict=True):
        files[f"{stem}.pdf"] = pdf.write(document, logo=logo)
        files[f"{stem}.xlsx"] = xlsx.write(document)
        files[f"{stem}.csv"] = csv_lines.write([document])
        files[f"{stem}.json"] = canonical.to_json(document).encode()
        for suffix, writer in ((".ubl.xml", ubl.write), (".cii.xml", cii.write)):
            if document.status is Status.DRAFT:
                continue
            try:
                files[f"{stem}{suffix}"] = writer(document)
            except NotExpressible as error:
                left_out.append(LeftOut(name(document), suffix[1:], str(error)))
    files["lines.csv"] = csv_lines.write(documents)
    issued = [document for document in documents if document.status is Status.ISSUED]
    faults = certificate.faults if certificate is not None else ()
    if faults and ledgers:
        left_out.append(
            LeftOut(month, "ledger imports", f"the certificate does not hold: {'; '.join(faults)}", fault=True)
        )
    nothing_to_book = not issued and certificate is None
    for ledger in () if faults or nothing_to_book else ledgers:
        try:
            files[f"ledger/{ledger.slug}.csv"] = ledger_import.write(ledger, issued, certificate)
        except JournalError as error:
            left_out.append(LeftOut(month, f"ledger/{ledger.slug}.csv", str(error), fault=True))
    if certificate is not None:
        files["certificate.pdf"] = certificate_page.to_pdf(certificate, logo=logo)
        files["certificate.json"] = certificate_page.to_json(certificate).encode()
        files["certificate.txt"] = certificate_page.to_text(certificate).encode()
    elif without_certificate:
        left_out.append(LeftOut(month, "certificate", without_certificate, fault=True))
    files["document.schema.json"] = _json(canonical.json_schema())
    return Export(month, files, tuple(left_out))


def manifest(export: Export) -> dict[str, object]:
    """Return the manifest: each file's SHA-256, and what was left out. Nothing in it depends on when it is written."""
    return {
        "schema": SCHEMA,
        "month": export.month,
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(export.files.items())},
        "left_out": [
            {"document": each.document, "format": each.format, "reason": each.reason} for each in export.left_out
        ],
    }


def write(export: Export, to: Path) -> Path:
    """Write the export to the folder `to`/<month>, in place of an earlier one; return that folder.

    It is written beside it and then renamed, so that nobody sees half of it. Raises ExportError if the folder is there
    and is no export, or if it can't be written.
    """
    folder = to / export.month
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise ExportError(
            f"{folder} is there and is no export of Hubledger; give another folder with --to, or remove it"
        )
    with _explained(folder):
        to.mkdir(parents=True, exist_ok=True)
        with FileLock(to / LOCK):
            left = [path for path in to.glob(f".{export.month}-*") if path.is_dir()]  # by runs that were killed
            made = Path(tempfile.mkdtemp(prefix=f".{export.month}-", dir=to))
            try:
                _fill(made, export)
                _replace(made, folder)
            finally:
                for path in (*left, made):
                    shutil.rmtree(path, ignore_errors=True)
    return folder


def _fill(folder: Path, export: Export) -> None:
    listed = manifest(export)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(export.files.items()))
    for path, content in {**export.files, MANIFEST: _json(listed), SUMS: sums.encode()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    folder.chmod(0o755)  # mkdtemp's folders are one's own alone


def _replace(made: Path, folder: Path) -> None:
    """Put `made` in the place of `folder`; an earlier one steps aside first, since a folder with content can't be renamed over."""
    if not folder.exists():
        made.rename(folder)
        return
    aside = made.with_name(f"{made.name}-old")
    folder.rename(aside)
    try:
        made.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)


def _stems(documents: Sequence[Document]) -> list[str]:
    """What each document's files are called; the second draft of a community has -2 behind it."""
    stems: list[str] = []
    times: Counter[str] = Counter()
    for document in documents:
        draft = document.status is Status.DRAFT
        stem = f"drafts/DRAFT-{_plain(document.community)}" if draft else f"issued/{_plain(document.number or '')}"
        times[stem] += 1
        if times[stem] > 1 and not draft:
            raise ExportError(f"two documents would be called {stem}; give each issuer's series its own letters")
        stems.append(stem if times[stem] == 1 else f"{stem}-{times[stem]}")
    return stems


def _plain(text: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "document"


def _json(values: object) -> bytes:
    return (json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"{folder} can't be written ({error.strerror}): check the path, its permissions and the space"
        ) from error
