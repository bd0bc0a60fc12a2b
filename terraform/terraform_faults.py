"""From what Terraform says is wrong to what a person can do about it: the cluster, the field, the remedy."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from terraform.events import Diagnostic
from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from terraform.fleet import Cluster
    from terraform.fleet_document import Location


class TerraformError(InfraError):
    """Terraform failed; says why in its own words, and what to do."""


class Transient(TerraformError):
    """It may go well when it is tried again: throttling, a broken connection, a server's own trouble."""


class Locked(TerraformError):
    """Somebody else holds the lock of the state."""


class Stale(TerraformError):
    """The saved plan was made of another state than there is."""


@dataclass(frozen=True, slots=True)
class _Cause:
    pattern: re.Pattern[str]
    remedy: str
    kind: type[TerraformError] = TerraformError


def _cause(pattern: str, remedy: str, kind: type[TerraformError] = TerraformError) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE), remedy, kind)


# The first that fits says what to do.
_CAUSES = (
    _cause(
        r"acquiring the state lock|state lock",
        "somebody else works on it: `hubledger infra unlock {cluster}` says who",
        Locked,
    ),
    _cause(r"saved plan is stale|saved plan does not match", "plan it anew: `hubledger infra plan {cluster}`", Stale),
    _cause(r"no space left on device|disk quota exceeded|file too large", "make room on that disk, then run again"),
    _cause(
        r"plugin did not respond|plugin crashed|the plugin encountered an error|connection to the plugin|plugin process exited",
        "the provider crashed: see the log, and whether another version of it does better",
    ),
    _cause(
        r"could not find default credentials|no valid credential|NoCredentialProviders|failed to refresh cached credentials"
        r"|ExpiredToken|unable to build authorizer|could not acquire access token|az login|invalid_grant|InvalidClientTokenId"
        r"|no such file or directory.*credentials|storage.NewClient\(\) failed",
        "sign in to the cloud and run again; `hubledger infra doctor {cluster}` says which credentials it looks for",
    ),
    _cause(
        r"\b429\b|too many requests|rate ?limit|throttl|RequestLimitExceeded",
        "the cloud wants fewer requests: wait, then run again",
        Transient,
    ),
    _cause(
        r"\b40[13]\b|PermissionDenied|AccessDenied|access denied|UnauthorizedOperation|AuthorizationFailed|forbidden"
        r"|does not have .* access|password authentication failed",
        "the credentials in use lack a permission: grant it, or sign in as someone who has it",
    ),
    _cause(
        r"quotaExceeded|quota .*exceeded|exceeded quota|LimitExceeded|InsufficientInstanceCapacity|ZONE_RESOURCE_POOL_EXHAUSTED",
        "the cloud has no more of it for this account or place: ask for quota, or choose another machine type or zone",
    ),
    _cause(
        r"\b50[0234]\b|internal server error|bad gateway|service unavailable|gateway timeout|connection reset|broken pipe"
        r"|i/o timeout|TLS handshake timeout|unexpected EOF|connection refused|no such host|API unreachable"
        r"|temporary failure in name resolution|context deadline exceeded|Client\.Timeout",
        "the other side or the way to it failed: wait, then run again",
        Transient,
    ),
    _cause(
        r"prevent_destroy|instance cannot be destroyed",
        "it holds data, and its module refuses to destroy it: take it out of the state by hand if it is to stay, or out of"
        " the module's protection if it is to go (docs/applying.md)",
    ),
    _cause(
        r"can't ask approval for state migration",
        "the work folder has a state of its own (terraform.tfstate), which Terraform would take along: do so with"
        " `hubledger infra init {cluster} --migrate-state`, or put that file elsewhere first",
    ),
    _cause(
        r"backend configuration changed|backend initialization required|backend type changed",
        "move the state with `hubledger infra init {cluster} --migrate-state`, or undo the change of infrastructure.backend",
    ),
    _cause(
        r"failed to get existing workspaces|error loading state|bucket .*(not|n't) exist|NoSuchBucket|failed to (read|load) state"
        r"|error configuring the backend|invalid backend configuration|database .* does not exist|querying Cloud Storage failed"
        r"|initializing the backend|ContainerNotFound|ResourceGroupNotFound",
        "the place of the state refuses: see infrastructure.backend, and that what it names is there",
    ),
    _cause(
        r"machine ?type|instance type|vm ?size|InvalidParameterValue",
        "choose a machine type that the cloud has in that place",
    ),
    _cause(
        r"failed to (query|install|load).*(provider|plugin)|could not (retrieve|query).*provider|inconsistent dependency lock file"
        r"|no available releases match|doesn't match any of the checksums|required plugins are not installed",
        "see where providers come from (`hubledger infra doctor`), or take newer ones with `hubledger infra init {cluster} --upgrade`",
    ),
)
_CHECKED = re.compile(r"\.? This was checked by the validation rule at \S+?-\d+\.?")
_OTHERWISE = "change what it names, and plan again"
_KEY = re.compile(r'\["([^"]+)"\]')
_TABLES = (
    ("node_pools", re.compile(r"node_pool|node_group|launch_template|kubernetes_cluster_node")),
    ("buckets", re.compile(r"bucket|container$|s3_")),
    ("registries", re.compile(r"registry|repository|ecr")),
    ("home_storage", re.compile(r"disk|volume|filestore|efs|share|snapshot|dlm")),
    ("hubs", re.compile(r"service_account|iam|identity|role")),
)
_ELSEWHERE: dict[str, Location] = {"cluster_name": ("name",), "hubs": ("hubs",)}


def failure(cluster: Cluster, folder: Path, diagnostics: Sequence[Diagnostic], other: Iterable[str]) -> TerraformError:
    """Return the error to raise for what a failed command said: each diagnostic a line, with its place in the fleet."""
    found = list(dict.fromkeys(each.text for each in diagnostics))
    by_text = {each.text: each for each in diagnostics}
    if not found:
        rest = " ".join(list(other)[-3:]) or "it said nothing"
        by_text = {rest: Diagnostic(summary=rest)}
        found = [rest]
    causes = {text: _find(text) for text in found}
    lines = [_line(cluster, folder, by_text[text], causes[text]) for text in found]
    kinds = {cause.kind if cause else TerraformError for cause in causes.values()}
    for kind in (Locked, Stale):
        if kind in kinds:
            return kind("\n".join(lines))
    return (Transient if kinds == {Transient} else TerraformError)("\n".join(lines))


def of_text(text: str) -> list[Diagnostic]:
    """Return the errors in output that is no JSON: each begins with `Error: ` and goes on to the next."""
    plain = "\n".join(line.removeprefix("│").strip() for line in text.splitlines())
    plain = re.sub(r"[╷╵]", "", plain)
    found: list[Diagnostic] = []
    for part in re.split(r"^Error: ", plain, flags=re.MULTILINE)[1:]:
        summary, _, detail = part.partition("\n")
        found.append(Diagnostic(summary=summary, detail=" ".join(detail.split("\n\n\n")[0].split())))
    return found


def _find(text: str) -> _Cause | None:
    return next((cause for cause in _CAUSES if cause.pattern.search(text)), None)


def _line(cluster: Cluster, folder: Path, diagnostic: Diagnostic, cause: _Cause | None) -> str:
    said = _CHECKED.sub("", " ".join(diagnostic.text.split()))
    remedy = (cause.remedy if cause else _OTHERWISE).format(cluster=cluster.name)
    text = f"{said.rstrip('.')}: {remedy}"
    location = _location(cluster, folder, diagnostic)
    address = f"{diagnostic.address}: " if diagnostic.address else ""
    if location is None:
        return f"{cluster.name}: {address}{text}"
    from terraform import fleet_document  # it takes its time to import, and most commands go well

    document = fleet_document.read(cluster.path)[0]
    if document is None:
        return f"{cluster.name}: {address}{text}"
    return str(document.fault(location, address + text))


def _location(cluster: Cluster, folder: Path, diagnostic: Diagnostic) -> Location | None:
    """Where in the cluster's file that is which the diagnostic complains of."""
    given = cluster.infrastructure
    if given is None:
        return None
    own = given.module is not None
    if diagnostic.address and (keys := _KEY.findall(diagnostic.address)):
        for table, resource in _TABLES:
            items = given.variables.get(table)
            if isinstance(items, dict) and keys[-1] in items and resource.search(diagnostic.address):
                return ("infrastructure", *(("variables",) if own else ()), table, keys[-1])
    if diagnostic.file != "main.tf.json":
        return None
    name = _argument(folder / "main.tf.json", diagnostic.line)
    if name is None:
        return None
    if own:
        return ("infrastructure", "variables", name)
    if name in given.variables:
        return ("infrastructure", name)
    return _ELSEWHERE.get(name, (cluster.provider.value, name))


def _argument(main: Path, line: int) -> str | None:
    """The argument of the module whose value begins on a line of the root."""
    lines = main.read_text(encoding="utf-8").splitlines()[:line]
    for text in reversed(lines):  # arguments are indented by six
        if found := re.match(r' {6}("(?:[^"\\]|\\.)*"):', text):
            name: str = json.loads(found[1])
            return None if name in ("backend", "source") else name
    return None
