"""What a cluster's file may say of hubs that Terraform makes, and of what they need beside them; the modules' names."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from terraform.fleet_fields import Env, Ours, Text, Texts, fault, matching, measure
from terraform.infrastructure_parts import Mail, ResourceName

_CLASS, _CLASS_SCHEMA = matching(
    r"[A-Za-z][A-Za-z0-9._-]*", "not an authenticator: name a class, as in github or cilogon"
)
_SERVER, _SERVER_SCHEMA = matching(r"https://\S+", "not an ACME directory: write https://host/directory")

Authenticator = Annotated[str, _CLASS, _CLASS_SCHEMA]
AcmeServer = Annotated[str, _SERVER, _SERVER_SCHEMA]
Measure = Annotated[
    Decimal, Field(ge=0, le=10_000), BeforeValidator(measure), WithJsonSchema({"type": "number", "minimum": 0})
]
Number = Annotated[int, Field(ge=0, le=100_000), BeforeValidator(measure)]


class SecretFile(Ours):
    """Where a secret is."""

    env: Env | None = None
    """The environment variable that holds it."""
    file: Text | None = None
    """The file that holds it and nothing else, from this file's folder."""

    @model_validator(mode="after")
    def _one(self) -> SecretFile:
        if (self.env is None) == (self.file is None):
            raise fault("must name env or file, one of them")
        return self


class CertificatesFile(Ours):
    """Certificates of the hubs' domains."""

    email: Mail
    """Whom the certificate authority writes to."""
    server: AcmeServer | None = None
    """Its ACME directory; by default Let's Encrypt's."""


class IngressFile(Ours):
    """The load balancer in front of the hubs."""

    address: Text | None = None
    """Its address, where one is reserved."""
    annotations: dict[Text, str] | None = None
    """Annotations of its service."""
    replicas: Number | None = None
    """How many pods serve."""


class PrometheusDiskFile(Ours):
    """How long measurements are kept."""

    retention_days: Number | None = None
    """Days; Hubledger can go back only as far."""
    size_gib: Number | None = None
    """The disk's size."""
    memory_gib: Number | None = None
    """The memory it asks for."""


class SupportFile(Ours):
    """What every cluster with hubs needs: measurements, ingress, certificates."""

    certificates: CertificatesFile
    """Who certifies the hubs' domains, and whom it writes to."""
    ingress: IngressFile | None = None
    """The load balancer in front of the hubs."""
    prometheus: PrometheusDiskFile | None = None
    """How long measurements are kept."""


class ImageFile(Ours):
    """A container image."""

    name: Text
    """Its name."""
    tag: Text
    """Its tag, which is not latest."""


class ProfileFile(Ours):
    """A size of server that people may choose."""

    slug: ResourceName
    """Its short name."""
    display_name: Text
    """What people read."""
    description: str | None = None
    """What they read below it."""
    default: bool | None = None
    """Whether it is chosen unless another is."""
    image: Text | None = None
    """Its image, where it is another one."""
    cpu_guarantee: Measure | None = None
    """CPUs that a server has in any case, which is what is charged."""
    cpu_limit: Measure | None = None
    """CPUs that it has at most."""
    memory_guarantee_gib: Measure | None = None
    """GiB of memory that a server has in any case, which is what is charged."""
    memory_limit_gib: Measure | None = None
    """GiB of memory that it has at most."""
    gpus: Number | None = None
    """GPUs that it has."""
    node_selector: dict[Text, str] | None = None
    """Labels of the nodes it runs on."""


class HubModuleFile(Ours):
    """How Terraform makes a hub."""

    service_account: Text | None = None
    """The Kubernetes service account that acts for the hub's users in the cloud; by default user-sa."""
    authenticator: Authenticator | None = None
    """JupyterHub's authenticator class; left out, Terraform does not make the hub itself."""
    authenticator_config: SecretFile | None = None
    """Where the authenticator's settings are: JSON or YAML, by class and name; they hold secrets."""
    home_storage: ResourceName | None = None
    """The home storage that the hub uses, by its name; by default its own, or the only one."""
    home_quota_gib: Measure | None = None
    """GiB that a home directory may hold."""
    image: ImageFile | None = None
    """The image of users' servers."""
    profiles: list[ProfileFile] | None = None
    """What people may choose from."""
    buckets: dict[Literal["scratch", "persistent"], ResourceName] | None = None
    """Buckets by what they are for, by name."""
    dask: bool | None = None
    """Whether the hub has a Dask gateway."""
    idle_minutes: Number | None = None
    """Minutes after which a server that nobody uses is stopped."""
    values: Texts | None = None
    """Further values of the JupyterHub chart, as YAML texts."""

    @model_validator(mode="after")
    def _whole(self) -> HubModuleFile:
        if (self.authenticator is None) != (self.authenticator_config is None):
            raise fault("must have authenticator and authenticator_config, or neither of them")
        return self
