"""Addresses of the listeners pages."""

from django.urls import path

from listeners.pages import (
    acts,
    bindings,
    domain_extensions,
    listener_wizard,
    listeners,
    load_balancers,
    pickers,
    policies,
    quotas,
    regional_certificates,
    server_groups,
)

urlpatterns = [
    path("quotas/", quotas.quota_list, name="quota-list"),
    path("instances/", load_balancers.load_balancer_list, name="load-balancer-list"),
    path("instances/create/", load_balancers.load_balancer_create, name="load-balancer-create"),
    path("instances/<str:load_balancer_id>/", load_balancers.load_balancer_detail, name="load-balancer-detail"),
    path("instances/<str:load_balancer_id>/details/", load_balancers.load_balancer_info, name="load-balancer-info"),
    path(
        "instances/<str:load_balancer_id>/changes/", load_balancers.load_balancer_changes, name="load-balancer-changes"
    ),
    path("instances/<str:load_balancer_id>/edit/", load_balancers.load_balancer_edit, name="load-balancer-edit"),
    path("instances/<str:load_balancer_id>/delete/", load_balancers.load_balancer_delete, name="load-balancer-delete"),
    path("instances/<str:load_balancer_id>/listeners/create/", listener_wizard.listener_create, name="listener-create"),
    path(
        "instances/<str:load_balancer_id>/listeners/create/<str:draft_id>/<str:step_id>/",
        listener_wizard.listener_create_step,
        name="listener-create-step",
    ),
    path("listeners/choices/<str:field>/", pickers.choices, name="listener-choices"),
    path("listeners/", listeners.listener_list, name="listener-list"),
    path("listeners/<str:listener_id>/", listeners.listener_detail, name="listener-detail"),
    path("listeners/<str:listener_id>/live/", listeners.listener_live, name="listener-live"),
    path("listeners/<str:listener_id>/changes/", listeners.listener_changes, name="listener-changes"),
    path("listeners/<str:listener_id>/edit/", listeners.listener_edit, name="listener-edit"),
    path("listeners/<str:listener_id>/start/", acts.listener_act, {"act": acts.START}, name="listener-start"),
    path("listeners/<str:listener_id>/stop/", acts.listener_act, {"act": acts.STOP}, name="listener-stop"),
    path("listeners/<str:listener_id>/delete/", acts.listener_act, {"act": acts.DELETE}, name="listener-delete"),
    path("listeners/<str:listener_id>/certificates/", bindings.listener_certificates, name="listener-certificates"),
    path(
        "listeners/<str:listener_id>/certificates/change/",
        bindings.certificate_choice,
        {"choice": bindings.CHANGE_DEFAULT},
        name="listener-default-change",
    ),
    path(
        "listeners/<str:listener_id>/certificates/add/",
        bindings.certificate_choice,
        {"choice": bindings.ADD_ADDITIONAL},
        name="listener-additional-add",
    ),
    path("listeners/<str:listener_id>/ca-certificate/", bindings.listener_ca, name="listener-ca"),
    path(
        "listeners/<str:listener_id>/ca-certificate/change/",
        bindings.certificate_choice,
        {"choice": bindings.CHANGE_CA},
        name="listener-ca-change",
    ),
    path(
        "listeners/<str:listener_id>/mutual-authentication/",
        bindings.mutual_authentication_switch,
        name="listener-mutual-authentication",
    ),
    path(
        "listeners/<str:listener_id>/certificates/remove/",
        bindings.additional_remove,
        name="listener-additional-remove",
    ),
    path(
        "listeners/<str:listener_id>/domain-extensions/add/",
        domain_extensions.domain_extension_add,
        name="domain-extension-add",
    ),
    path(
        "listeners/<str:listener_id>/domain-extensions/change/",
        domain_extensions.domain_extension_change,
        name="domain-extension-change",
    ),
    path(
        "listeners/<str:listener_id>/domain-extensions/remove/",
        domain_extensions.domain_extensions_remove,
        name="domain-extension-remove",
    ),
    path(
        "listeners/<str:listener_id>/bindings/<int:binding_id>/roll-back/",
        bindings.binding_roll_back,
        name="binding-roll-back",
    ),
    path("listeners/<str:listener_id>/clients-of-week/", policies.listener_clients, name="listener-clients-of-week"),
    path("security-policies/", policies.policy_list, name="policy-list"),
    path("security-policies/create/", policies.policy_create, name="policy-create"),
    path("security-policies/<str:policy_id>/", policies.policy_detail, name="policy-detail"),
    path("security-policies/<str:policy_id>/edit/", policies.policy_edit, name="policy-edit"),
    path("security-policies/<str:policy_id>/delete/", policies.policy_delete, name="policy-delete"),
    path("clb-certificates/", regional_certificates.regional_certificate_list, name="regional-certificate-list"),
    path("clb-certificates/add/", regional_certificates.regional_certificate_add, name="regional-certificate-add"),
    path(
        "clb-certificates/<str:region>/<str:certificate_id>/remove/",
        regional_certificates.regional_certificate_remove,
        name="regional-certificate-remove",
    ),
    path("server-groups/", server_groups.server_group_list, name="server-group-list"),
    path("server-groups/create/", server_groups.server_group_create, name="server-group-create"),
    path("server-groups/<str:server_group_id>/", server_groups.server_group_detail, name="server-group-detail"),
    path("server-groups/<str:server_group_id>/live/", server_groups.server_group_live, name="server-group-live"),
    path("server-groups/<str:server_group_id>/edit/", server_groups.server_group_edit, name="server-group-edit"),
    path("server-groups/<str:server_group_id>/delete/", server_groups.server_group_delete, name="server-group-delete"),
]
