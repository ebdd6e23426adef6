"""Whatever the console can do can be done by REST: each page names its operations, or why it has none."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from lbadmin.api import api

OF_A_BROWSER = "only of a browser"
ANOTHER_INTERFACE = "an interface of its own"

# The operations by which each page's action is done, by the page's name.
PAGES: Mapping[str, str] = {
    "dashboard": "getCounters",
    "search": "search",
    "change-list": "listChanges",
    "node-list": "listNodes",
    "set-theme": OF_A_BROWSER,
    "set_language": OF_A_BROWSER,
    "sign-in": OF_A_BROWSER,
    "sign-out": OF_A_BROWSER,
    "password-change": OF_A_BROWSER,
    "healthz": ANOTHER_INTERFACE,
    "readyz": ANOTHER_INTERFACE,
    "metrics": ANOTHER_INTERFACE,
    "token-list": "listTokens createToken",
    "token-delete": "deleteToken",
    "access-key-list": "listAccessKeys createAccessKey",
    "access-key-switch": "updateAccessKey",
    "access-key-delete": "deleteAccessKey",
    "certificate-list": "listCertificates",
    "certificate-csv": "listCertificates",
    "certificate-label": "labelCertificates",
    "certificate-import": "importCertificate",
    "certificate-drop": "inspectCertificates",
    "certificate-drop-plan": "importCertificates",
    "certificate-detail": "getCertificate listCertificateVersions listCertificateHints",
    "certificate-pem": "downloadCertificateChain",
    "certificate-der": "downloadCertificateDer",
    "certificate-export": "exportCertificateKey",
    "certificate-replace": "previewCertificateReplacement",
    "certificate-replace-decide": "replaceCertificate",
    "certificate-roll-back": "rollBackCertificate",
    "certificate-edit": "updateCertificate",
    "certificate-delete": "previewCertificateDeletion deleteCertificate",
    "revocation-lists": "listRevocationLists",
    "revocation-list-detail": "getRevocationList updateRevocationList",
    "revocation-list-fetch": "fetchRevocationList",
    "revocation-list-delete": "deleteRevocationList",
    "revocation-list-upload": "uploadRevocationList",
    "revocation-list-address": "addRevocationList",
    "request-list": "listCertificateRequests",
    "request-create": "createCertificateRequest",
    "request-detail": "getCertificateRequest completeCertificateRequest",
    "request-csr": "getCertificateRequest",
    "request-delete": "deleteCertificateRequest",
    "watched-list": "listWatchedAddresses",
    "watched-add": "createWatchedAddress",
    "watched-detail": "getWatchedAddress",
    "watched-edit": "updateWatchedAddress",
    "watched-check": "checkWatchedAddress",
    "watched-delete": "deleteWatchedAddress",
    "authority-list": "listAuthorities",
    "authority-create": "createAuthority",
    "authority-detail": "getAuthority listIssuedCertificates getIssuedCertificate",
    "authority-lists": "getAuthority",
    "authority-publish": "publishRevocationList",
    "authority-settings": "changeAuthority",
    "authority-renew": "renewAuthority",
    "authority-delete": "deleteAuthority",
    "authority-issue": "issueCertificate",
    "authority-issue-table": "issueCertificates",
    "authority-revoke": "revokeCertificate",
    "repository-list": "listCaRepositories",
    "repository-create": "createCaRepository",
    "repository-detail": "getCaRepository listCaRepositoryCertificates addCaCertificate",
    "repository-edit": "changeCaRepository",
    "repository-delete": "deleteCaRepository",
    "repository-upload": "uploadCaCertificate",
    "repository-remove": "removeCaCertificate",
    "renewal-list": "listRenewals",
    "renewal-create": "createRenewal",
    "renewal-detail": "getRenewal",
    "renewal-edit": "updateRenewal",
    "renewal-run": "renewNow",
    "renewal-pause": "pauseRenewal",
    "renewal-resume": "resumeRenewal",
    "renewal-delete": "deleteRenewal",
    "acme-account-list": "listAcmeAccounts",
    "acme-account-create": "createAcmeAccount",
    "acme-account-detail": "getAcmeAccount",
    "acme-account-edit": "updateAcmeAccount",
    "acme-account-delete": "deleteAcmeAccount",
    "quota-list": "listQuotas updateQuotas updateQuota",
    "load-balancer-list": "listLoadBalancers",
    "load-balancer-create": "createLoadBalancer",
    "load-balancer-detail": "getLoadBalancer listListeners",
    "load-balancer-info": "getLoadBalancer listLoadBalancerQuotas getLoadBalancerTags",
    "load-balancer-changes": "listChanges",
    "load-balancer-edit": "updateLoadBalancer replaceLoadBalancerTags",
    "load-balancer-delete": "previewLoadBalancerDeletion deleteLoadBalancer",
    "listener-create": "createListener",
    "listener-create-step": "createListener",
    "listener-choices": "listCaCertificates listCertificates listServerGroups listSecurityPolicies listTlsPolicies",
    "listener-list": "listListeners",
    "listener-detail": "getListener",
    "listener-live": "getListenerStatus listServedReceipts listServerHealth",
    "listener-changes": "listListenerHistory",
    "listener-roll-back-to": "previewListenerRollback rollBackListener",
    "listener-edit": "previewListenerUpdate updateListener replaceListenerTags",
    "listener-start": "startListener",
    "listener-stop": "stopListener",
    "listener-delete": "previewListenerDeletion deleteListener",
    "listener-certificates": "listListenerCertificates matchListenerCertificate",
    "listener-default-change": "changeDefaultCertificate",
    "listener-additional-add": "addListenerCertificates",
    "listener-additional-remove": "removeListenerCertificates",
    "listener-ca": "listListenerCertificates",
    "listener-ca-change": "changeCaCertificate",
    "listener-headers": "getForwardedHeaders updateForwardedHeaders",
    "listener-clients": "listListenerClients summarizeListenerClients",
    "listener-clients-csv": "listListenerClients",
    "listener-clients-of-week": "listClientsOfWeek",
    "listener-mutual-mode": "setMutualAuthentication",
    "listener-mutual-authentication": "setMutualAuthentication",
    "domain-extension-add": "addDomainExtensions",
    "domain-extension-change": "changeDomainExtension",
    "domain-extension-remove": "removeDomainExtensions",
    "binding-roll-back": "rollBackListenerCertificate",
    "rule-list": "listRules getRule",
    "rule-create": "createRules",
    "rule-move": "orderRules",
    "rule-trial": "tryRequest",
    "rule-edit": "updateRule updateRules",
    "rule-delete": "deleteRule deleteRules",
    "policy-list": "listSecurityPolicies",
    "policy-create": "createSecurityPolicy",
    "policy-detail": "getSecurityPolicy",
    "policy-edit": "updateSecurityPolicy",
    "policy-delete": "deleteSecurityPolicy",
    "regional-certificate-list": "listRegionalCertificates",
    "regional-certificate-add": "addRegionalCertificate uploadRegionalCertificate",
    "regional-certificate-remove": "removeRegionalCertificate",
    "server-group-list": "listServerGroups",
    "server-group-create": "createServerGroup",
    "server-group-detail": "getServerGroup",
    "server-group-live": "getServerGroup",
    "server-group-edit": "updateServerGroup replaceServerGroupTags",
    "server-group-delete": "previewServerGroupDeletion deleteServerGroup",
    "notice-list": "listNotices listScans",
    "scan-now": "runScan",
    "channel-list": "listChannels",
    "channel-create": "createChannel",
    "channel-detail": "getChannel",
    "channel-edit": "updateChannel",
    "channel-switch": "updateChannel",
    "channel-test": "testChannel",
    "channel-rotate-secret": "rotateChannelSecret",
    "channel-delete": "deleteChannel",
    "delivery-list": "listDeliveries",
    "delivery-detail": "getDelivery",
    "delivery-resend": "resendDelivery",
    "range-list": "listAllowedRanges allowRange",
    "range-delete": "forbidRange",
    "heartbeat": "getHeartbeat setHeartbeat",
}
# What the names of addresses begin with that are for programs.
PROGRAMS = ("pki-", "cloud")


def pages(resolver: Any) -> Iterator[str]:
    """Yield the name of every page."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern).startswith("api/"):
            yield from pages(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def operations() -> set[str]:
    paths = api.get_openapi_schema()["paths"].values()
    return {operation["operationId"] for path in paths for operation in path.values()}


def test_every_page_can_be_done_by_rest() -> None:
    """A page that is missing here: add it, with the operations that do the same."""
    names = {name for name in pages(get_resolver()) if not name.startswith(PROGRAMS)}
    assert sorted(names - PAGES.keys()) == []


def test_the_operations_that_are_named_are_there() -> None:
    names = {name for told in PAGES.values() if told not in {OF_A_BROWSER, ANOTHER_INTERFACE} for name in told.split()}
    assert sorted(names - operations()) == []
