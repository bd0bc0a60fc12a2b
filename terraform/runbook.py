"""The page that goes with a replicated community: how its folder is used by people who have never heard of Hubledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from terraform.fleet import Community
    from terraform.replicate import Taken

_SIGN_IN = {
    "gcp": "`gcloud auth application-default login`",
    "aws": "`aws sso login`, or keys in the environment",
    "azure": "`az login`",
}
_NOT_HERE = (
    "* **People's files.** They stay where they are. A snapshot of the home storage can be shared with another account or"
    " copied; plan a day on which nobody works.",
    "* **The cloud account.** Where it is yours already, remove the operator's access last. Where it isn't, the account or"
    " project is handed over, or you begin in one of your own.",
    "* **Domains.** Point your hubs' DNS records to the new load balancer once the new hubs answer.",
)
_HISTORY = (
    "Money has full precision, dates are UTC. `billed_cost` is what the bill says, `effective_cost` spreads commitments over"
    " their term; `basis` says why a part is yours (direct, usage, idle, shared). The files:"
)


def runbook(leaving: Community, taken: Sequence[Taken], history: Sequence[str], day: str) -> str:
    """Return the page, as Markdown."""
    return "\n".join(_lines(leaving, taken, history, day))


def _lines(leaving: Community, taken: Sequence[Taken], history: Sequence[str], day: str) -> Iterator[str]:
    yield f"# {leaving.display_name}: everything to go on alone"
    yield ""
    yield f"Written on {day}. Nothing here needs Hubledger: Terraform 1.9 or newer (or OpenTofu), and your cloud's own programs."
    yield ""
    yield "| folder | what it is |"
    yield "|---|---|"
    for one in taken:
        if one.folder:
            what = (
                "your cluster as it is, with its state"
                if one.alone and one.state
                else "a cluster of your own, to be made anew"
            )
            yield f"| `clusters/{one.cluster.name}/` | {what}: {', '.join(one.hubs)} |"
    if history:
        yield "| `costs/` | what your hubs cost and how they were used, by day, as CSV and Parquet |"
    for one in taken:
        yield from _cluster(one)
    yield ""
    yield "## What is not here"
    yield ""
    yield (
        "* **Secrets.** They were taken out of variables and states. You need: "
        + (", ".join(f"`{name}`" for one in taken for name in one.secrets) or "none")
        + ". Ask for them by a safe way, or make new ones (a new OAuth application for each hub is best)."
    )
    yield from _NOT_HERE
    if history:
        yield ""
        yield "## The history of your costs"
        yield ""
        yield _HISTORY
        yield ""
        yield from (f"* `costs/{name}`" for name in history)
    yield ""


def _cluster(one: Taken) -> Iterator[str]:
    yield ""
    yield f"## {one.cluster.name}"
    yield ""
    if one.folder is None:
        yield (
            "This cluster was not made by Terraform: there is no configuration to take along. Your hubs there are "
            + (f"{', '.join(one.hubs)}; ask for their Helm values.")
        )
        return
    steps = [f"Sign in: {_SIGN_IN.get(one.cluster.provider.value, 'as your cloud wants it')}."]
    steps += [
        "Put each secret into the environment: " + ", ".join(f"`TF_VAR_{name}`" for name in one.secrets) + "."
    ] * bool(one.secrets)
    if not one.alone:
        steps.append(
            "The cluster was shared with others. `main.tf.json` makes one of your own with your hubs, disks and buckets: set the"
            " project or account, the names of buckets (they are taken) and the region to your own before anything else."
        )
    steps.append(f"`cd clusters/{one.cluster.name} && terraform init`")
    steps.append(
        "Choose where the state is to be (`backend` in `main.tf.json`): a bucket that keeps old versions, not a file."
    )
    if one.alone and one.state:
        steps.append(
            "`terraform plan`. It may read sensitive values anew and set secrets again; it must not create or destroy anything."
            " If it would, ask before you apply."
        )
    else:
        steps.append("`terraform plan`, then `terraform apply`.")
    yield from (f"{number}. {step}" for number, step in enumerate(steps, start=1))
