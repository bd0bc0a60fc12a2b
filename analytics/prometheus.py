"""Prometheus, the edge: asks a cluster's server, in pieces it can answer, and says plainly what is wrong when it can't.

Built on prometheus-api-client's PrometheusConnect, for its session; what that lacks is here: the limit of 11,000
points, time-outs, retries of POST, the answer's warnings, a bound on memory, credentials named by variable or file.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from prometheus_api_client import PrometheusConnect
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.util.retry import Retry

from analytics.source import SourceError, nameless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from terraform.fleet import PrometheusUsage

PROMQL = Path(__file__).parent / "promql"
POINTS = 10_000  # of a series in one answer; the server's limit is 11,000
LONG_QUERY = 1_500  # characters; longer ones are POSTed, since proxies limit a URL
ANSWER_BYTES = 256 * 2**20
BUSY = (429, 502, 503, 504)
# Labels that carry the name of a hub's user, or of something named after one. No result may have them (DESIGN 5).
NAMING_LABELS = frozenset(
    {
        "annotation_hub_jupyter_org_username",
        "container_id",
        "directory",
        "exported_pod",
        "id",
        "label_hub_jupyter_org_username",
        "name",
        "persistentvolume",
        "persistentvolumeclaim",
        "pod",
        "pod_ip",
        "uid",
        "username",
    }
)


class PrometheusError(SourceError):
    """A Prometheus can't be asked, or its answer can't be used; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series of an answer: its labels, and its samples as seconds since 1970 and values, all of them finite."""

    labels: Mapping[str, str]
    times: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Prometheus answered, and what it warns of: with warnings the data may be a part of what there is."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...]


def quote(text: str) -> str:
    """Return `text` as a PromQL string, so that no name can end the string it stands in."""
    return json.dumps(text, ensure_ascii=False)  # JSON's escapes are a part of PromQL's


def promql(name: str, **values: str) -> str:
    """Return the query `promql/<name>.promql`: `${other}` in it is that query, or the value of that name.

    Values go in as they are, once: whatever is text of somebody's has to be quoted by `quote`.
    """

    def text(name: str) -> str:
        lines = (PROMQL / f"{name}.promql").read_text(encoding="utf-8").splitlines()
        body = "\n".join(line for line in lines if not line.startswith("#"))
        return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]] if match[1] in values else text(match[1]), body)

    return text(name)


class Prometheus(PrometheusConnect):  # type: ignore[misc]
    """The server of one cluster. Safe to use from several threads."""

    def __init__(
        self, source: PrometheusUsage, *, backoff_seconds: float = 1.0, answer_bytes: int = ANSWER_BYTES
    ) -> None:
        """Connect as `source` says.

        After an answer of 429, 502, 503 or 504 it waits `backoff_seconds`, then longer; it reads `answer_bytes` at most.
        """
        self._seconds = source.timeout_seconds
        self._answer_bytes = answer_bytes
        super().__init__(
            url=source.url.rstrip("/"),
            headers=dict(source.headers),
            disable_ssl=source.insecure_skip_verify,
            retry=Retry(
                total=3,
                read=0,  # a query that takes too long would take as long again
                status_forcelist=BUSY,
                allowed_methods=None,  # queries change nothing, so POST may be repeated
                backoff_factor=backoff_seconds,
                raise_on_status=False,
            ),
            auth=_auth(source),
            timeout=source.timeout_seconds,
        )
        if source.ca_file is not None:
            if not Path(source.ca_file).is_file():
                raise PrometheusError(f"{self.url}: its ca_file {source.ca_file} is not there")
            self._session.verify = source.ca_file

    def instant(self, query: str, at: datetime) -> Answer:
        """Evaluate `query` at one time."""
        return self._ask("query", {"query": query, "time": _seconds(at)})

    def over(self, query: str, start: datetime, end: datetime, step: timedelta) -> Answer:
        """Evaluate `query` at `start` and every `step` after it up to `end`, both included, in as many requests as needed."""
        answers = []
        while start <= end:
            last = min(end, start + step * (POINTS - 1))
            form = {
                "query": query,
                "start": _seconds(start),
                "end": _seconds(last),
                "step": f"{step.total_seconds():g}",
            }
            answers.append(self._ask("query_range", form))
            start = last + step
        return _joined(answers)

    def _ask(self, path: str, form: dict[str, str]) -> Answer:
        form["timeout"] = f"{self._seconds:g}s"
        long = len(form["query"]) > LONG_QUERY
        until = time.monotonic() + self._seconds * 1.5 + 5
        try:
            with self._session.request(
                "POST" if long else "GET",
                f"{self.url}/api/v1/{path}",
                data=form if long else None,
                params=None if long else form,
                headers=self.headers,
                auth=self.auth,
                verify=self._session.verify,
                timeout=(min(self._seconds, 10), self._seconds),
                stream=True,
            ) as response:
                body = self._body(response, until)
        except requests.exceptions.SSLError as error:
            raise PrometheusError(
                f"{self.url}: its TLS certificate is not trusted: name the authority's certificate in usage.ca_file"
            ) from error
        except requests.exceptions.Timeout as error:
            raise self._too_slow() from error
        except requests.exceptions.ConnectionError as error:
            if "Read timed out" in str(error):
                raise self._too_slow() from error
            raise PrometheusError(
                f"{self.url}: cannot be reached: check that Prometheus runs, that usage.url is right,"
                " and that a tunnel to it is open"
            ) from error
        except requests.exceptions.RequestException as error:
            raise PrometheusError(
                f"{self.url}: the request failed ({type(error).__name__}): check usage.url"
            ) from error
        return self._read(response.status_code, body)

    def _body(self, response: requests.Response, until: float) -> bytes:
        pieces = []
        size = 0
        for piece in response.iter_content(2**18):
            pieces.append(piece)
            size += len(piece)
            if size > self._answer_bytes:
                raise PrometheusError(
                    f"{self.url}: an answer is larger than {self._answer_bytes:,} bytes: is this the Prometheus of one cluster?"
                )
            if time.monotonic() > until:
                raise self._too_slow()
        return b"".join(pieces)

    def _too_slow(self) -> PrometheusError:
        return PrometheusError(
            f"{self.url}: no full answer in {self._seconds:g} s: raise usage.timeout_seconds, or give Prometheus more memory"
        )

    def _read(self, status: int, body: bytes) -> Answer:
        try:
            answer = json.loads(body)
            said = answer.get("error", "") if isinstance(answer, dict) else ""
        except ValueError:
            answer, said = None, ""
        if status != 200:
            raise PrometheusError(f"{self.url}: answered {status}{_nameless(said)}: {_remedy(status)}")
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise PrometheusError(
                f"{self.url}: the answer is not Prometheus's JSON: check usage.url, and that no login page is in the way"
            )
        warnings = [*answer.get("warnings", ()), *answer.get("infos", ())]
        series = tuple(_series(answer["data"]))
        for one in series:
            if named := NAMING_LABELS & one.labels.keys():
                raise PrometheusError(f"{self.url}: an answer carries {', '.join(sorted(named))}: it was thrown away")
        return Answer(series, tuple(dict.fromkeys(_nameless(text).lstrip(": ") for text in warnings)))


class _Bearer(AuthBase):
    """A bearer token. As `auth`, since a header alone would lose to an entry in the user's .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Nobody(AuthBase):
    """No credentials: keeps requests from taking some out of the user's .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _auth(source: PrometheusUsage) -> AuthBase:
    password = _secret(source.url, "password", source.password_env, source.password_file)
    token = _secret(source.url, "bearer_token", source.bearer_token_env, source.bearer_token_file)
    if token is not None:
        return _Bearer(token)
    if source.username is not None:
        return HTTPBasicAuth(source.username.encode(), (password or "").encode())
    return _Nobody()


def _secret(url: str, what: str, variable: str | None, file: str | None) -> str | None:
    if variable is not None:
        if variable not in os.environ:
            raise PrometheusError(f"{url}: usage.{what}_env names {variable}, which is not set: export it")
        return os.environ[variable].strip()
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise PrometheusError(f"{url}: usage.{what}_file {file} cannot be read: {error.strerror}") from error
    return None


def _seconds(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time for Prometheus needs its time zone")
    return f"{moment.timestamp():.3f}"


def _series(data: Mapping[str, Any]) -> Iterator[Series]:
    if data["resultType"] == "scalar":
        raise ValueError("a query must give a vector")
    for result in data["result"]:
        samples = result.get("values") or [result["value"]]
        pairs = [(round(moment), float(value)) for moment, value in samples]
        pairs = [(moment, value) for moment, value in pairs if math.isfinite(value)]
        if pairs:
            times, values = zip(*pairs, strict=True)
            yield Series(result["metric"], times, values)


def _joined(answers: list[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    whole: dict[tuple[tuple[str, str], ...], Series] = {}
    for answer in answers:
        for one in answer.series:
            key = tuple(sorted(one.labels.items()))
            had = whole.get(key)
            whole[key] = one if had is None else Series(one.labels, had.times + one.times, had.values + one.values)
    return Answer(tuple(whole.values()), tuple(dict.fromkeys(text for answer in answers for text in answer.warnings)))


def _nameless(said: str) -> str:
    """Return what Prometheus said without label sets: they may name users."""
    text = nameless(re.sub(r"\{.*\}", "{…}", " ".join(str(said).split())))[:300]
    return f": {text}" if text else ""


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "check usage.username, its password or the bearer token"
    if status == 404:
        return "check usage.url: it must be the address below which /api/v1/query is"
    if status == 422:
        return "the query is more than this Prometheus can do: raise its --query.max-samples, or report this"
    if status in BUSY:
        return "it is busy or starting: try again, or raise usage.timeout_seconds and its --query.timeout"
    return "see Prometheus's log"
