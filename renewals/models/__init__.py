"""Accounts with ACME servers, renewals of certificates, their attempts and the challenges that wait for an answer."""

from renewals.models.account import AcmeAccount
from renewals.models.challenge import PendingChallenge
from renewals.models.renewal import Attempt, Renewal

__all__ = ("AcmeAccount", "Attempt", "PendingChallenge", "Renewal")
