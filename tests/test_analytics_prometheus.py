"""The Prometheus edge: against a real server, and against one that misbehaves."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from analytics.prometheus import NAMING_LABELS, PROMQL, Answer, Prometheus, PrometheusError, Series, promql, quote
from terraform.fleet import PrometheusUsage
from tests.fixtures_prometheus import Node, World, at, free_port, prometheus, write_blocks
from tests.fixtures_prometheus_http import answering, vector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fixtures_prometheus_http import Request

DAY = at("2026-10-10")
START = datetime(2026, 10, 10, tzinfo=UTC)
VALUES = {
    "window": "1h",
    "state_seconds": "60",
    "container_seconds": "60",
    "metrics": quote("up"),
    "range": "1d",
    "servers": 'pod=~"jupyter-.+"',
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    nodes = (Node("a", DAY, DAY + 6 * 3600), Node('b"\\', DAY, DAY + 3600))
    return write_blocks(World(nodes).series(), tmp_path_factory.mktemp("prometheus") / "x")


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with prometheus(data) as url:
        yield url


def client(url: str, **more: object) -> Prometheus:
    return Prometheus(replace(PrometheusUsage(url), **more), backoff_seconds=0.01)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(path.stem for path in PROMQL.glob("*.promql")))
def test_every_query_is_one_that_prometheus_takes(name: str, url: str) -> None:
    said = (PROMQL / f"{name}.promql").read_text(encoding="utf-8")
    assert said.startswith(("# A series: ", "# Part of other queries: "))
    with client(url) as server:
        if said.startswith("# A series"):
            server.instant(promql(name, **VALUES), START)
        else:  # the parts name pods: only how many series there are may be asked
            server.instant(f"count({promql(name, **VALUES)})", START)


def test_a_range_longer_than_the_limit_is_asked_for_in_pieces(url: str) -> None:
    with client(url) as server:
        end = START + timedelta(hours=6)
        answer = server.over(
            "sum(kube_node_info) * 0 + time()", START + timedelta(minutes=1), end, timedelta(seconds=1)
        )
    (one,) = answer.series
    assert one.times == tuple(range(DAY + 60, DAY + 6 * 3600 + 1))  # 21,541 points
    assert one.values == one.times


def test_a_time_without_a_zone_is_refused(url: str) -> None:
    with client(url) as server, pytest.raises(ValueError, match="time zone"):
        server.instant("up", datetime(2026, 10, 10))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["a", 'a"b', "a\\", "naïve Ünï 😀", 'x"} or vector(1) #', "\n\t\r\x00\x7f", "`'"])
def test_any_text_is_one_string(text: str, url: str) -> None:
    with client(url) as server:
        query = f'label_replace(vector(1), "said", {quote(text.replace("$", "$$"))}, "", "")'
        (one,) = server.instant(query, START).series
    assert one.labels["said"] == text


def test_values_are_put_in_once() -> None:
    assert '!="${range}"' in promql("users", servers=f"a!={quote('${range}')}", range="1d")


def test_long_queries_are_posted(url: str) -> None:
    with answering(lambda request: (200, vector())) as record, client(record.url) as server:
        server.instant("up", START)
        server.instant("up" + " or up" * 1000, START)
    assert [request.method for request in record.requests] == ["GET", "POST"]
    assert record.requests[1].form["query"].startswith("up or up")
    with client(url) as server:
        assert server.instant("vector(1)" + " or vector(1)" * 1000, START).series[0].values == (1.0,)


def test_a_server_side_time_out_is_always_asked_for() -> None:
    with answering(lambda request: (200, vector())) as record, client(record.url, timeout_seconds=7.0) as server:
        server.instant("up", START)
    assert record.requests[0].form["timeout"] == "7s"


def test_headers_and_a_path_before_the_api_are_kept() -> None:
    with (
        answering(lambda request: (200, vector())) as record,
        client(f"{record.url}/prometheus/", headers=(("X-Scope-OrgID", "fleet"),)) as server,
    ):
        server.instant("up", START)
    assert record.requests[0].path == "/prometheus/api/v1/query"
    assert record.requests[0].headers["X-Scope-OrgID"] == "fleet"


@pytest.mark.parametrize("query", ["up", "up" + " or up" * 1000])
def test_a_busy_server_is_asked_again(query: str) -> None:
    def answer(request: Request) -> tuple[int, bytes]:
        return (503, b"") if len(record.requests) < 3 else (200, vector(({}, 1.0)))

    with answering(answer) as record, client(record.url) as server:
        assert server.instant(query, START).series == (Series({}, (0,), (1.0,)),)
    assert len(record.requests) == 3


ERRORS: dict[int, str] = {
    400: "see Prometheus's log",
    401: "check usage.username",
    404: "check usage.url",
    422: "--query.max-samples",
    503: "it is busy or starting: try again",
}


@pytest.mark.parametrize(("status", "remedy"), ERRORS.items())
def test_an_error_says_where_what_and_what_to_do(status: int, remedy: str) -> None:
    said = {"status": "error", "error": 'found duplicates for {pod="jupyter-alice"} on {uid="1"} ;many-to-many'}
    with answering(lambda request: (status, json.dumps(said).encode())) as record, client(record.url) as server:
        with pytest.raises(PrometheusError) as caught:
            server.instant("up", START)
        text = str(caught.value)
    assert text.startswith(f"{record.url}: answered {status}: found duplicates for {{…}} ;many-to-many: ")
    assert remedy in text
    assert "alice" not in text


def test_a_query_that_the_real_server_cannot_execute_is_an_error(url: str) -> None:
    with (
        client(url) as server,
        pytest.raises(PrometheusError, match=r"answered 422: found duplicate series for the match group \{…\}"),
    ):
        server.instant("kube_node_info * on () kube_node_status_capacity", START + timedelta(minutes=5))


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b'{"status": "error"}', b""])
def test_an_answer_that_is_not_prometheus_is_an_error(body: bytes) -> None:
    with (
        answering(lambda request: (200, body)) as record,
        client(record.url) as server,
        pytest.raises(PrometheusError, match=r"not Prometheus's JSON: check usage\.url"),
    ):
        server.instant("up", START)


def test_a_server_that_hangs_is_given_up() -> None:
    enough = threading.Event()

    def answer(request: Request) -> tuple[int, bytes]:
        enough.wait(20)
        return 200, vector()

    with answering(answer) as record, client(record.url, timeout_seconds=0.2) as server:
        with pytest.raises(PrometheusError, match=r"no full answer in 0\.2 s: raise usage\.timeout_seconds"):
            server.instant("up", START)
        enough.set()
    assert len(record.requests) == 1


def test_a_server_that_is_down_is_an_error() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with client(address) as server, pytest.raises(PrometheusError, match=f"{address}: cannot be reached"):
        server.instant("up", START)


def test_warnings_are_kept_once_and_without_names() -> None:
    more = {"warnings": ['a store is down {pod="jupyter-alice"}', "b"], "infos": ["b"]}
    with answering(lambda request: (200, vector(({}, 1.0), **more))) as record, client(record.url) as server:
        answer = server.instant("up", START)
    assert answer == Answer((Series({}, (0,), (1.0,)),), ("a store is down {…}", "b"))


@pytest.mark.parametrize("label", sorted(NAMING_LABELS))
def test_an_answer_that_names_somebody_is_thrown_away(label: str) -> None:
    with answering(lambda request: (200, vector(({label: "alice"}, 1.0)))) as record, client(record.url) as server:
        with pytest.raises(PrometheusError, match="thrown away") as caught:
            server.instant("up", START)
        assert "alice" not in str(caught.value)


def test_values_that_are_no_numbers_are_left_out() -> None:
    answer = vector(({"a": "1"}, float("nan")), ({"a": "2"}, float("inf")), ({"a": "3"}, 3.0))
    with answering(lambda request: (200, answer)) as record, client(record.url) as server:
        assert [one.labels for one in server.instant("up", START).series] == [{"a": "3"}]


@pytest.fixture(scope="module")
def secured(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A Prometheus with TLS and a password; its address, and the folder of its certificate."""
    folder = tmp_path_factory.mktemp("secured")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(folder / "key.pem"),
            "-out",
            str(folder / "ca.pem"),
        ],
        check=True,
        capture_output=True,
    )
    # The hash is bcrypt's of "correct horse".
    (folder / "web.yml").write_text(
        f"tls_server_config: {{cert_file: {folder / 'ca.pem'}, key_file: {folder / 'key.pem'}}}\n"
        "basic_auth_users: {operator: $2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e}\n"
    )
    (folder / "password").write_text("correct horse\n")
    blocks = write_blocks(World((Node("a", DAY, DAY + 3600),)).series(), folder / "blocks")
    with prometheus(blocks, web_config=folder / "web.yml") as url:
        yield url, folder


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_tls_and_a_password_are_used(secured: tuple[str, Path]) -> None:
    url, folder = secured
    known = {"ca_file": str(folder / "ca.pem"), "username": "operator", "password_file": str(folder / "password")}
    with client(url, **known) as server:
        assert server.instant("vector(1)", START).series[0].values == (1.0,)
    with client(url, **{**known, "ca_file": None, "insecure_skip_verify": True}) as server:
        assert server.instant("vector(1)", START).series[0].values == (1.0,)


def test_wrong_credentials_are_an_error(secured: tuple[str, Path]) -> None:
    url, folder = secured
    with (
        client(
            url, ca_file=str(folder / "ca.pem"), username="operator", password_file=str(folder / "ca.pem")
        ) as server,
        pytest.raises(PrometheusError, match=r"answered 401: check usage\.username"),
    ):
        server.instant("vector(1)", START)


def test_an_untrusted_certificate_is_an_error(secured: tuple[str, Path]) -> None:
    with client(secured[0]) as server, pytest.raises(PrometheusError, match=r"not trusted: .* usage\.ca_file"):
        server.instant("vector(1)", START)


def test_a_bearer_token_is_sent(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    with (
        answering(lambda request: (200, vector())) as record,
        client(record.url, bearer_token_file=str(tmp_path / "token")) as server,
    ):
        server.instant("up", START)
    assert record.requests[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"bearer_token_env": "HUBLEDGER_NOT_SET"}, "bearer_token_env names HUBLEDGER_NOT_SET, which is not set"),
        ({"password_file": "/nowhere/x"}, "password_file /nowhere/x cannot be read"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file /nowhere/ca.pem is not there"),
    ],
)
def test_a_secret_that_is_not_there_is_an_error(more: dict[str, str], message: str) -> None:
    with pytest.raises(PrometheusError, match=message):
        client("http://127.0.0.1:9", **more)


def test_an_answer_cut_off_is_an_error() -> None:
    with (
        answering(lambda request: (200, vector()), withheld=10) as record,
        client(record.url) as server,
        pytest.raises(PrometheusError, match="the request failed"),
    ):
        server.instant("up", START)


def test_an_answer_too_large_is_an_error() -> None:
    with (
        answering(lambda request: (200, vector(({"a": "x" * 5000}, 1.0)))) as record,
        Prometheus(PrometheusUsage(record.url), answer_bytes=4096) as server,
        pytest.raises(PrometheusError, match="larger than 4,096 bytes"),
    ):
        server.instant("up", START)
