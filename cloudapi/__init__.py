"""The cloud-compatible API: the cloud's own clients drive the product unmodified.

A request to ``/`` that is signed or names an action is taken by ``middleware`` and goes through ``gateway``: taken
apart (``wire.request``), product by its version, who signed it (``authentication``), parameters by the operation's
fields (``wire.reading``), then ``running``: a read as it is, a write in one transaction, with DryRun, ClientToken and
JobId.

A product is a package: ``product.py`` makes a ``Product`` (name, version, ``Codes``: how it spells its errors), the
other modules declare its operations, ``__init__`` imports them and names the product ``PRODUCT``;
``catalogue.PACKAGES`` lists the package. An operation is a function of a ``Call`` that decodes, calls ONE service and
returns the answer (a dict without RequestId and JobId, or None)::

    @CLB.write(
        "SetServerCertificateName",
        text("ServerCertificateId", required=True),
        text("ServerCertificateName", required=True, high=80),
        codes={"certificate.name-taken": "400 InvalidParameter"},
        lacks="",                      # what is missing of it, for the table of docs/cloud-api.md
        job=JobKind("listener", "ListenerId", "Update"),  # answers a JobId
    )
    def set_server_certificate_name(call: Call) -> Answer | None:
        call.given["ServerCertificateName"]   # decoded, typed, nested as declared; absent where it was not sent
        call.actor, call.region, call.key.user

Fields (``wire.fields``): ``text integer flag switch struct texts integers structs``; ``kept=True`` means nothing here
and is kept by ``extras.keep_extras(call, "load_balancer", pk)`` and returned from ``extras.extras_of``. RegionId,
DryRun and ClientToken need no field. Errors: a service's DomainError becomes the product's code (``Codes.domain`` by
its code, ``codes=`` of the operation over it); others are raised as ``CloudError(code, message, status)``.
Certificates are named by ``identifiers``: any identifier in, the product's own out. What is not offered is told by
``PRODUCT.refuse(name, why)``. ``wire`` is pure.
"""
