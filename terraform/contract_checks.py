"""What must hold of contracts beyond what each file says alone: somebody bills them, taxes go together, grants name what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform import contract_values
from terraform.fleet_faults import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from terraform.contract_schema import ContractFile, GrantFile, IssuerFile, OrganisationFile
    from terraform.fee_schema import TaxFile
    from terraform.fleet_document import Document, Fault, Location, Part
    from terraform.fleet_schema import CommunityFile, FleetFile

# As analytics/components.csv has them, and what lines of other kinds become.
COMPONENTS = (
    "backup", "compute", "core", "credit", "database", "gpu", "home storage", "networking", "object storage",
    "observability", "other", "registry", "support", "tax",
)  # fmt: skip
_ADDRESS = "Peppol delivers to an electronic address: add electronic_address and scheme"


def contracts(general: Sequence[Part[FleetFile]], communities: Iterable[Part[CommunityFile]]) -> Iterator[Fault]:
    """Every fault that contracts and issuer have as a whole."""
    issuer = next((part.content.issuer for part in general if part.content), None)
    unread = any(part.content is None for part in general)  # there may be an issuer among its faults
    for part in general:
        if part.document and issuer:
            yield from _address_whole(part.document, ("issuer", "organisation"), issuer.organisation)
    for community in communities:
        content, document = community.content, community.document
        if content is None or document is None or content.contract is None:
            continue
        if issuer is None and not unread:
            yield document.fault(("contract",), "there is nobody to bill it: say who, under 'issuer' in fleet.yaml")
        yield from _contract(document, content, content.contract, issuer)


def _contract(
    document: Document, content: CommunityFile, contract: ContractFile, issuer: IssuerFile | None
) -> Iterator[Fault]:
    terms = contract
    yield from _terms(document, ("contract",), content, terms, issuer)
    for index, amendment in enumerate(contract.amendments):
        terms = contract_values.amended(terms, amendment)
        yield from _terms(document, ("contract", "amendments", index), content, terms, issuer)


def _terms(
    document: Document, place: Location, content: CommunityFile, terms: ContractFile, issuer: IssuerFile | None
) -> Iterator[Fault]:
    yield from _address_whole(document, (*place, "payer"), terms.payer)
    if terms.peppol:
        if not (terms.buyer_reference or terms.purchase_order):
            text = "Peppol wants a buyer_reference or a purchase_order: add the one that the payer gave you"
            yield document.fault((*place, "peppol"), text)
        if not terms.payer.electronic_address:
            yield document.fault((*place, "payer"), _ADDRESS)
        if issuer and not issuer.organisation.electronic_address:
            yield document.fault((*place, "peppol"), f"the issuer has no electronic address: {_ADDRESS}")
    yield from _taxes(document, place, terms, issuer)
    seen: dict[str, int] = {}
    for index, grant in enumerate(terms.grants):
        where = (*place, "grants", index)
        if grant.award in seen:
            text = f"'{grant.award}' is there twice: give a grant once, with its whole ceiling"
            yield document.fault((*where, "award"), text)
        seen.setdefault(grant.award, index)
        yield from _grant(document, where, grant, content)


def _taxes(document: Document, place: Location, terms: ContractFile, issuer: IssuerFile | None) -> Iterator[Fault]:
    fees = terms.fees
    every: list[tuple[Location, TaxFile | None]] = [
        (("tax",), terms.tax),
        (("pass_through", "tax"), terms.pass_through.tax),
        (("fees", "membership", "tax"), fees.membership.tax if fees.membership else None),
        (("fees", "usage", "tax"), fees.usage.tax if fees.usage else None),
        (("fees", "engagement", "tax"), fees.engagement.tax if fees.engagement else None),
        *((("fees", "one_off", index, "tax"), each.tax) for index, each in enumerate(fees.one_off)),
    ]
    used = [(where, tax) for where, tax in every if tax is not None]
    for where, tax in used:
        if (tax.category == "O") != (terms.tax.category == "O"):
            text = "what is outside the scope of VAT (O) can't stand on a document with other categories: use one"
            yield document.fault((*place, *where), text)
        elif tax.category != "O" and issuer and not issuer.organisation.vat_id:
            text = f"category {tax.category} needs the issuer's VAT identifier: add vat_id to the issuer, or use O"
            yield document.fault((*place, *where), text)
        if tax.category == "AE" and not terms.payer.vat_id:
            text = "reverse charge (AE) needs the payer's VAT identifier: add vat_id to the payer"
            yield document.fault((*place, *where), text)


def _grant(document: Document, where: Location, grant: GrantFile, content: CommunityFile) -> Iterator[Fault]:
    known = sorted({member.hub for member in content.hubs})
    for index, hub in enumerate(grant.hubs):
        if hub not in known:
            text = f"'{hub}' is no hub of {content.name}: {suggestion(hub, known)}"
            yield document.fault((*where, "hubs", index), text)
    for index, component in enumerate(grant.components):
        if component not in COMPONENTS:
            text = f"'{component}' is no component: {suggestion(component, list(COMPONENTS))}"
            yield document.fault((*where, "components", index), text)
    if grant.payer:
        yield from _address_whole(document, (*where, "payer"), grant.payer)


def _address_whole(document: Document, place: Location, party: OrganisationFile) -> Iterator[Fault]:
    if bool(party.electronic_address) != bool(party.scheme):
        there, lacking = (
            ("electronic_address", "scheme") if party.electronic_address else ("scheme", "electronic_address")
        )
        yield document.fault((*place, there), f"goes with '{lacking}', which is missing: add it, or remove this")
