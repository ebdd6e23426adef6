"""Where certificates can be deployed: the slots of listeners, each with the certificate that it has now."""

from typing import Any

from django.db.models import Q, QuerySet

from cloudapi import certificate_words as words
from cloudapi.cas.product import CAS
from cloudapi.identifiers import cert_id, certificate_ids, rows_for
from cloudapi.models import CertificateNumber
from cloudapi.numbered_pages import page_of, paging, renamed_total
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text, texts
from listeners.models import Binding

Role = Binding.Role
# The service's words for the kinds of load balancer.
PRODUCTS = {"NLB": "NLB", "ALB": "ALB", "CLB": "SLB"}
ACCOUNT = 1


@CAS.read(
    "ListCloudResources",
    text("CloudName", high=32),
    text("CloudProduct", high=32),
    text("SecretId", high=128),
    text("Keyword", high=300),
    texts("CertIds", most=100, low=0),
    *paging(20),
)
def list_resources(call: Call) -> Answer:
    """List the slots of listeners for server certificates; of other clouds and services there are none."""
    page, facts = page_of(call, _wanted(call))
    numbers = rows_for(binding.certificate_id for binding in page)
    return {**renamed_total(facts), "Data": [_listed(each, numbers[each.certificate_id]) for each in page]}


def slots() -> QuerySet[Binding]:
    """Return the slots that take server certificates, with everything that is said of them."""
    found = Binding.objects.filter(role__in=(Role.DEFAULT, Role.ADDITIONAL))
    found = found.select_related("listener__load_balancer", "certificate__current_version")
    return found.prefetch_related("certificate__current_version__names").order_by("id")


def _wanted(call: Call) -> QuerySet[Binding]:
    given = call.given
    if given.get("CloudName", "aliyun").lower() != "aliyun" or given.get("SecretId"):
        return slots().none()
    found = slots()
    if word := given.get("CloudProduct", ""):
        ours = [product for product, known in PRODUCTS.items() if word.upper() in {known, product}]
        found = found.filter(listener__load_balancer__product__in=ours)
    if ids := given.get("CertIds"):
        found = found.filter(certificate__in=certificate_ids(ids).values())
    if keyword := given.get("Keyword", ""):
        found = found.filter(_mentions(keyword))
    return found


def _mentions(keyword: str) -> Q:
    return (
        Q(certificate__search_text__contains=keyword.lower())
        | Q(domain__contains=keyword.lower())
        | Q(listener__pk=keyword)
        | Q(listener__load_balancer__pk=keyword)
    )


def names_of_slot(binding: Binding) -> list[str]:
    """Return the host names that a slot is for."""
    if binding.domain:
        return [binding.domain]
    version = binding.certificate.current_version
    return [name.value for name in version.names.all()] if version else []


def _listed(binding: Binding, number: CertificateNumber) -> dict[str, Any]:
    listener, certificate = binding.listener, binding.certificate
    begins, ends = certificate.not_before, certificate.not_after
    return {
        "Id": binding.pk,
        "CloudName": "aliyun",
        "CloudProduct": PRODUCTS[listener.load_balancer.product],
        "CloudRegion": listener.load_balancer.region,
        "RegionId": listener.load_balancer.region,
        "InstanceId": listener.load_balancer_id,
        "ListenerId": listener.pk,
        "ListenerPort": str(listener.port),
        "Domain": words.joined(names_of_slot(binding)),
        "DefaultResource": int(binding.role == Role.DEFAULT),
        "CertId": cert_id(number),
        "CertName": certificate.name,
        "CertStartTime": words.milliseconds_text(begins),
        "CertEndTime": words.milliseconds_text(ends),
        "EnableHttps": 1,
        "UseSsl": 1,
        "Status": "normal",
        "UserId": ACCOUNT,
        "GmtCreate": words.milliseconds_text(binding.created_at),
        "GmtModified": words.milliseconds_text(listener.updated_at),
    }
