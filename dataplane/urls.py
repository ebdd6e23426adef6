"""The data plane's one address: its figures."""

from django.urls import path

from dataplane.metrics import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
