"""Addresses of the access pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
