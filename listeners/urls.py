"""Addresses of the listeners pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
