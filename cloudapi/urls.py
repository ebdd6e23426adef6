"""Addresses of the pages; the API itself answers at the console's own address."""

from django.urls import path

from cloudapi.pages import deployment_job_detail, deployment_job_list

urlpatterns = [
    path("deployment-jobs/", deployment_job_list, name="deployment-job-list"),
    path("deployment-jobs/<int:job_id>/", deployment_job_detail, name="deployment-job-detail"),
]
