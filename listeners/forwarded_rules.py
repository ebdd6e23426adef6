"""Which listeners have which settings of request headers: one table, for pages too. Pure.

Source: the cloud's XForwardedForConfig (ALB) and the parameters XForwardedFor_* of CLB's listeners.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import InvalidInputError
from listeners.forwarded_headers import ALIASES, CERTIFICATE_HEADERS, DEFAULTS, ForwardedFor, ForwardedHeaders
from listeners.models.listener import Listener
from listeners.models.load_balancer import LoadBalancer, Product
from listeners.products import FEATURES, HTTP_FAMILY

_Protocol = Listener.Protocol
_BOTH = frozenset({Product.ALB.value, Product.CLB.value})
_ALB = frozenset({Product.ALB.value})
_CLB = frozenset({Product.CLB.value})
_OVER_TCP = frozenset({_Protocol.HTTP, _Protocol.HTTPS})
_HTTPS = frozenset({_Protocol.HTTPS})


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it is called, who has it, and the flag of ``Features`` that it needs."""

    label: "str | Promise"
    protocols: frozenset[_Protocol] = HTTP_FAMILY
    products: frozenset[str] = _BOTH
    feature: str = ""

    @property
    def header(self) -> str:
        """The name of the header, empty where the setting is not one of a single header."""
        return self.label if isinstance(self.label, str) else ""


_LOOKUP = Setting(gettext_lazy("client lookup behind proxies"), _OVER_TCP, _ALB, "source_lookup")
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "forwarded_for": Setting("X-Forwarded-For", _OVER_TCP),
        "proto": Setting("X-Forwarded-Proto"),
        "port": Setting("X-Forwarded-Port"),
        "host": Setting("X-Forwarded-Host", products=_ALB),
        "client_port": Setting("X-Forwarded-Client-srcport", _OVER_TCP),
        "load_balancer_id": Setting("SLB-ID"),
        "load_balancer_address": Setting("SLB-IP", _OVER_TCP, _CLB),
        "source_lookup": _LOOKUP,
        "trusted_sources": _LOOKUP,
        **{
            part: Setting(f"X-Forwarded-Clientcert-{part}", _HTTPS, feature="mutual_authentication")
            for part in CERTIFICATE_HEADERS
        },
        **{
            alias: Setting(gettext_lazy("alias of a client certificate header"), _HTTPS, _ALB, "mutual_authentication")
            for alias in ALIASES
        },
    }
)


def applicable_settings(product: str, edition: str, protocol: str) -> frozenset[str]:
    """Return the settings that listeners of ``protocol`` on such a load balancer have."""
    return frozenset(
        name
        for name, setting in SETTINGS.items()
        if protocol in setting.protocols and product in setting.products and _has_feature(product, edition, setting)
    )


def refuse_inapplicable(balancer: LoadBalancer, protocol: str, wanted: ForwardedHeaders) -> None:
    """Refuse the first setting that such a listener does not have, unless it is as by default."""
    applicable = applicable_settings(balancer.product, balancer.edition, protocol)
    usual = asdict(DEFAULTS)
    for name, value in asdict(wanted).items():
        if value != usual[name] and name not in applicable:
            raise _inapplicable(balancer, protocol, name)
    if balancer.product == Product.CLB and wanted.forwarded_for == ForwardedFor.REMOVE:
        raise InvalidInputError(
            _("A Classic Load Balancer cannot remove X-Forwarded-For: it adds to it, or passes it on."),
            "forwarded-headers.not-of-product",
            field="forwarded_for",
            way_out=_("Choose “append” or “keep”, or use an Application Load Balancer."),
        )


def _has_feature(product: str, edition: str, setting: Setting) -> bool:
    return not setting.feature or bool(getattr(FEATURES[product, edition], setting.feature))


def _inapplicable(balancer: LoadBalancer, protocol: str, name: str) -> InvalidInputError:
    setting = SETTINGS[name]
    told = {
        "label": setting.label,
        "protocols": ", ".join(sorted(setting.protocols)),
        "products": ", ".join(sorted(setting.products)),
        "protocol": protocol,
        "product": balancer.product,
    }
    if protocol in setting.protocols and balancer.product in setting.products:
        message = _("Listeners of this edition have no %(label)s.") % told
        return _refused(
            message, "not-of-edition", name, _("Leave it out, or upgrade the load balancer's edition to Standard.")
        )
    message = _(
        "%(label)s is for %(protocols)s listeners of %(products)s; this is a %(protocol)s listener of %(product)s."
    )
    return _refused(message % told, "not-applicable", name, _("Leave it out, or use such a listener."))


def _refused(message: str, code: str, field: str, way_out: str) -> InvalidInputError:
    return InvalidInputError(message, f"forwarded-headers.{code}", field=field, way_out=way_out)
