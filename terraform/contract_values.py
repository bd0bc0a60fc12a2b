"""From what a community's contract and the fleet's issuer say in their files to values: amendments laid over what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from terraform.contract import (
    Bank,
    Contract,
    Grant,
    Issuer,
    MembershipFee,
    OneOff,
    Organisation,
    Tax,
    Tier,
    UsageFee,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from pydantic import BaseModel

    from terraform.contract_schema import (
        BankFile,
        ContractFile,
        GrantFile,
        IssuerFile,
        OrganisationFile,
        TermsFile,
    )
    from terraform.fee_schema import EngagementFile, MembershipFeeFile, TaxFile, UsageFeeFile

Terms = TypeVar("Terms", bound="BaseModel")


def contracts(content: ContractFile) -> tuple[Contract, ...]:
    """The contract as it holds at first and after each amendment, oldest first."""
    found = [_contract(content, content.start)]
    terms = content
    for amendment in sorted(content.amendments, key=lambda each: each.start):
        terms = amended(terms, amendment)
        found.append(_contract(terms, amendment.start))
    return tuple(found)


def issuers(content: IssuerFile) -> tuple[Issuer, ...]:
    """The issuer as it is at first and after each amendment, oldest first."""
    found = [_issuer(content, None)]
    terms = content
    for amendment in sorted(content.amendments, key=lambda each: each.start):
        terms = _over(terms, amendment, {"start"})
        found.append(_issuer(terms, amendment.start))
    return tuple(found)


def amended(terms: ContractFile, amendment: TermsFile) -> ContractFile:
    """The terms with what the amendment names; of the fees, those that it names."""
    over = _over(terms, amendment, {"start", "fees"})
    if "fees" in amendment.model_fields_set:
        over = over.model_copy(update={"fees": _over(terms.fees, amendment.fees, ())})
    return over


def _over(terms: Terms, amendment: BaseModel, without: Collection[str]) -> Terms:
    given = amendment.model_fields_set - set(without)
    return terms.model_copy(update={name: getattr(amendment, name) for name in given})


def _contract(terms: ContractFile, start: date | None) -> Contract:
    fees = terms.fees
    return Contract(
        start=start,
        first_day=terms.start,
        end=terms.end,
        payer=organisation(terms.payer),
        currency=terms.currency,
        tax=tax(terms.tax),
        reference=terms.reference or "",
        purchase_order=terms.purchase_order or "",
        buyer_reference=terms.buyer_reference or "",
        peppol=terms.peppol,
        language=terms.language,
        number_format=terms.number_format or "",
        payment_days=terms.payment_days,
        payment_terms=terms.payment_terms or "",
        markup_percent=terms.pass_through.markup,
        pass_through=terms.pass_through.charged,
        pass_through_tax=tax(terms.pass_through.tax) if terms.pass_through.tax else None,
        membership=_membership(fees.membership) if fees.membership else None,
        usage=_usage(fees.usage) if fees.usage else None,
        work=_work(fees.engagement) if fees.engagement else (),
        one_off=tuple(
            OneOff(each.date, each.amount, each.text, tax(each.tax) if each.tax else None) for each in fees.one_off
        ),
        open_source_percent=fees.open_source,
        grants=tuple(_grant(each) for each in terms.grants),
    )


def organisation(content: OrganisationFile) -> Organisation:
    return Organisation(
        name=content.name,
        country=content.country,
        address=tuple(content.address),
        city=content.city or "",
        postcode=content.postcode or "",
        subdivision=content.subdivision or "",
        vat_id=content.vat_id or "",
        tax_number=content.tax_number or "",
        registration=content.registration or "",
        contact=content.contact or "",
        email=content.email or "",
        phone=content.phone or "",
        electronic_address=content.electronic_address or "",
        scheme=content.scheme or "",
    )


def tax(content: TaxFile) -> Tax:
    return Tax(content.category, content.rate, content.reason or "", content.reason_code or "")


def _membership(content: MembershipFeeFile) -> MembershipFee:
    return MembershipFee(
        content.amount,
        content.per,
        content.billed,
        content.start,
        content.end,
        tax(content.tax) if content.tax else None,
    )


def _usage(content: UsageFeeFile) -> UsageFee:
    return UsageFee(
        tuple(Tier(each.to, each.price) for each in content.tiers),
        content.cap,
        tax(content.tax) if content.tax else None,
    )


def _work(content: EngagementFile) -> tuple[Work, ...]:
    due = tax(content.tax) if content.tax else None
    return tuple(
        Work(each.date, each.hours, content.price if each.price is None else each.price, each.text, due)
        for each in content.work
    )


def _grant(content: GrantFile) -> Grant:
    return Grant(
        award=content.award,
        funder=content.funder,
        ceiling=content.ceiling,
        start=content.start,
        end=content.end,
        hubs=tuple(content.hubs),
        components=tuple(content.components),
        fees=content.fees,
        indirect_percent=content.indirect_rate,
        payer=organisation(content.payer) if content.payer else None,
        buyer_reference=content.buyer_reference or "",
        purchase_order=content.purchase_order or "",
    )


def _issuer(terms: IssuerFile, start: date | None) -> Issuer:
    return Issuer(start, terms.key, terms.series, organisation(terms.organisation), _bank(terms.bank))


def _bank(content: BankFile | None) -> Bank | None:
    return Bank(content.account, content.holder or "", content.bank or "") if content else None
