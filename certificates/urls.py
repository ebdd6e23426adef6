"""Addresses of the certificates pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
