"""Contacts of alerts, as the certificate service numbers them."""

from typing import Any

from django.db.models import Q

from alerts.models import Contact
from cloudapi.cas.product import CAS
from cloudapi.numbered_pages import page_of, paging
from cloudapi.numbers import numbers_of
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text

OBJECT_TYPE = "contact"


@CAS.read(
    "ListContact",
    text("Keyword", high=300),
    *paging(20),
    lacks="contacts have no mobile numbers, and the addresses of webhooks stay sealed",
)
def list_contacts(call: Call) -> Answer:
    """List the contacts of alerts by name."""
    keyword = call.given.get("Keyword", "")
    found = Contact.objects.filter(Q(name__icontains=keyword) | Q(email__icontains=keyword))
    page, facts = page_of(call, found)
    numbers = numbers_of(OBJECT_TYPE, [contact.pk for contact in page])
    return {**facts, "Keyword": keyword, "ContactList": [_listed(each, numbers[each.pk]) for each in page]}


def _listed(contact: Contact, number: int) -> dict[str, Any]:
    return {
        "ContactId": number,
        "Name": contact.name,
        "Email": contact.email,
        "EmailStatus": 1,  # addresses are used as they are given
        "Mobile": "",
        "MobileStatus": 0,
        "Webhooks": "[]",
    }
