"""Why a client gets a certificate: the matching rule step by step, for one client. Pure.

The rule itself is ``listeners.choice``; here it is told for one client, with what its abilities and the TLS security
policy do to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listeners.choice import Candidate, choose_names, forms_of, preference
from listeners.cipher_suites import CIPHERS_OF_VERSION
from listeners.tls_policies import TlsPolicy


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the name it sends (SNI; empty for none), whether it can use ECDSA, its newest TLS version."""

    server_name: str = ""
    can_ecdsa: bool = True
    version: str = "TLSv1.3"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the rule and how it went: a stable code, and its words."""

    code: str
    told: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def message(self) -> str:
        """The words in the reader's language."""
        return str(WORDS[self.code]) % self.told


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A certificate that has the name too, and the step that it lost at."""

    candidate: Candidate
    step: Step


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the client gets, None where its handshake fails; the steps; the others that have the name."""

    served: Candidate | None
    name: str  # the name on the certificate that matched; empty: none did, so it is the default one
    steps: tuple[Step, ...]
    passed_over: tuple[PassedOver, ...] = ()


WORDS: Mapping[str, "str | Promise"] = MappingProxyType(
    {
        "version-offered": _("The TLS security policy has %(version)s."),
        "version-lower": _("The policy's newest version is %(version)s, so that is agreed on."),
        "version-refused": _(
            "The policy needs %(lowest)s at least and the client has %(version)s: the handshake fails."
        ),
        "no-name": _("The client sends no name (SNI), so it gets the default certificate."),
        "no-match": _("No additional certificate has the name, so the client gets the default certificate."),
        "exact-name": _("The name is matched exactly."),
        "wildcard": _("No certificate has exactly this name; %(name)s is the longest wildcard that matches."),
        "only-one": _("One certificate has it."),
        "ecdsa-first": _("The client can use ECDSA, which goes before RSA."),
        "rsa-for-client": _("The client cannot use ECDSA, so it gets the RSA certificate."),
        "by-hash": _("SHA-2 signatures go before SHA-1, and SHA-1 before MD5."),
        "by-key": _("The longest key goes first."),
        "by-validity": _("The longest remaining validity goes first."),
        "by-age": _("All are equal, so the one that was added first stays."),
        "cannot-use": _("The client cannot use ECDSA, and there is no RSA certificate for it: the handshake fails."),
        "quic-needs-ecdsa": _("Over QUIC the engine gives every client the ECDSA certificate: the handshake fails."),
        "no-suite": _(
            "The policy has no cipher suite of %(version)s for a certificate of this kind: the handshake fails."
        ),
        "passed-name": _("It matches by %(name)s, which is less exact."),
        "passed-rsa": _("It is RSA, and the client can use ECDSA."),
        "passed-ecdsa": _("It is not RSA, and the client cannot use ECDSA."),
        "passed-hash": _("Its signature hash is weaker."),
        "passed-key": _("Its key is shorter."),
        "passed-validity": _("It ends sooner."),
        "passed-age": _("It is equal and was added later."),
        "passed-default": _("It is the default certificate; an additional one that has the name goes before it."),
    }
)
_FAILURES = frozenset({"cannot-use", "quic-needs-ecdsa", "no-suite"})
_RUNGS = ("rsa", "hash", "key", "validity", "age")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the names alone decide: which certificates have the name, and by which spelling of theirs."""

    default: Candidate
    name: str = ""
    served: Sequence[Candidate] = ()
    forms: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))  # by binding
    rivals: Sequence[Candidate] = ()

    def has_same_form(self, candidate: Candidate) -> bool:
        """Tell whether the candidate matches as well as what is served."""
        return self.forms.get(candidate.binding_id) == self.name


def explain(
    client: Client,
    default: Candidate,
    additional: Iterable[Candidate],
    policy: TlsPolicy | None = None,
    *,
    default_competes: bool = False,
) -> Explanation:
    """Return what ``client`` is served. Without a policy it is QUIC: TLS 1.3, with all of its suites."""
    version, agreed = _agreed(client, policy)
    if not version:
        return Explanation(None, "", (agreed,))
    found, how = _by_name(client, default, tuple(additional), default_competes=default_competes)
    served, why = _by_ability(client, found, is_quic=policy is None)
    steps = [agreed, how, *why]
    if served is not None and not _has_suite(served, version, policy):
        steps.append(Step("no-suite", {"version": version}))
    passed = tuple(PassedOver(each, _lost(client, found, served, each)) for each in found.rivals if each is not served)
    is_served = steps[-1].code not in _FAILURES
    return Explanation(served if is_served else None, found.name, tuple(steps), passed)


def _agreed(client: Client, policy: TlsPolicy | None) -> tuple[str, Step]:
    offered = policy.offered_versions if policy else ("TLSv1.3",)
    if client.version < offered[0]:
        return "", Step("version-refused", {"version": client.version, "lowest": offered[0]})
    if client.version > offered[-1]:
        return offered[-1], Step("version-lower", {"version": offered[-1]})
    return client.version, Step("version-offered", {"version": client.version})


def _by_name(
    client: Client, default: Candidate, additional: Sequence[Candidate], *, default_competes: bool
) -> tuple[_Found, Step]:
    if not client.server_name:
        return _Found(default, served=(default,)), Step("no-name")
    choices = choose_names(additional, default, default_competes=default_competes)
    name = next((form for form in forms_of(client.server_name) if form in choices), "")
    if not name:
        return _Found(default, served=(default,)), Step("no-match")
    forms = {each.binding_id: _form(each, client.server_name) for each in (*additional, default)}
    rivals = [each for each in (*additional, default) if forms[each.binding_id]]
    won_by = forms[choices[name].winner.binding_id]
    how = Step("exact-name") if won_by == client.server_name else Step("wildcard", {"name": won_by})
    return _Found(default, won_by, choices[name].served, forms, rivals), how


def _form(candidate: Candidate, server_name: str) -> str:
    return next((form for form in forms_of(server_name) if form in candidate.names), "")


def _by_ability(client: Client, found: _Found, *, is_quic: bool) -> tuple[Candidate | None, list[Step]]:
    usable = [each for each in found.served if client.can_ecdsa or each.is_rsa]
    if not usable:
        return None, [Step("cannot-use")]
    if is_quic and usable[0] is not found.served[0]:  # the engine takes all clients of QUIC to be able to use ECDSA
        return None, [Step("quic-needs-ecdsa")]
    chosen = usable[0]
    others = [each for each in found.rivals if each is not chosen and found.has_same_form(each)]
    alike = [each for each in others if each.is_rsa == chosen.is_rsa and each is not found.default]
    steps = []
    if len(found.served) > 1:
        steps.append(Step("ecdsa-first" if client.can_ecdsa else "rsa-for-client"))
    elif not alike and found.name:
        steps.append(Step("only-one"))
    lost_at = {_rung(chosen, each) for each in alike}
    return chosen, steps + [Step(f"by-{rung}") for rung in _RUNGS[1:] if rung in lost_at]


def _rung(winner: Candidate, loser: Candidate) -> str:
    """Return the first step of the ladder that tells the two apart."""
    pairs = zip(_RUNGS, preference(winner), preference(loser), strict=True)
    return next(rung for rung, better, worse in pairs if better != worse)


def _lost(client: Client, found: _Found, served: Candidate | None, loser: Candidate) -> Step:
    if not client.can_ecdsa and not loser.is_rsa:
        return Step("passed-ecdsa")
    if served is None or found.forms[loser.binding_id] != found.forms[served.binding_id]:
        return Step("passed-name", {"name": found.forms[loser.binding_id]})
    rung = _rung(served, loser)
    if loser is found.default and served is not loser and preference(loser) < preference(served):
        return Step("passed-default")
    return Step(f"passed-{rung}")


def _has_suite(candidate: Candidate, version: str, policy: TlsPolicy | None) -> bool:
    if version == "TLSv1.3" or policy is None:
        return True
    suites = [cipher for cipher in policy.offered_tls12_ciphers if cipher in CIPHERS_OF_VERSION[version]]
    return any(cipher.startswith("ECDHE-ECDSA-") != candidate.is_rsa for cipher in suites)
