"""The one HTTP client against a real server: what it retries, what it does not, what it never writes."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.sources import http
from pipelines.sources.contract import (
    Answer,
    Incomplete,
    KeyRejected,
    NotPublished,
    RateStopped,
    Refused,
    Retry,
    SourceError,
    Unreachable,
    Verdict,
)
from pipelines.sources.transport import SECRET_MARK
from pipelines.sources.upstream import Upstream, parse_json, whole_json

HOST = Upstream(base="https://api.example.org", key_variable="COINALYZE_API_KEY", key_header="api_key")
PATH = "/api.example.org/v1/rows"
KEY = "k3y-of-nobody"


def ask(client, upstream=HOST, path="/v1/rows", params=None, **more):
    return client.get(upstream, path, params, whole=whole_json, **more)


# ---- what stands ------------------------------------------------------------------------------------


def test_an_answer_is_recorded_with_the_upstream_s_own_address(upstream, attempts, open_client):
    upstream.serve(PATH, [1, 2])
    answer = ask(
        open_client("s", "s_d").bind("p", None, 7, {"a": 1}), params={"from": 5, "to": None, "list": "A,B"}
    )
    assert answer.url == "https://api.example.org/v1/rows?from=5&list=A,B"
    assert answer.observed_at == datetime(2024, 12, 10, 3, tzinfo=UTC)  # the injected clock
    assert (answer.body, answer.status, answer.part, answer.context) == (b"[1, 2]", 200, "p", {"a": 1})
    [attempt] = attempts.rows
    assert (attempt.dataset, attempt.source, attempt.part, attempt.window_id) == ("s_d", "s", "p", 7)
    assert (attempt.verdict, attempt.status, attempt.bytes, attempt.error) == ("ok", 200, 6, None)
    assert attempts.bodies == [b"[1, 2]"]
    assert upstream.asked[0].query == {"from": "5", "list": "A,B"}
    assert "Floodmark" in upstream.asked[0].headers["user-agent"]


def test_numbers_keep_every_digit():
    assert str(parse_json(b'{"a": 0.1234567890123456789}')["a"]) == "0.1234567890123456789"


def test_gzip_is_read(upstream, open_client):
    upstream.serve(PATH, gzip.compress(b"[1]", mtime=0), Content_Encoding="gzip")
    assert ask(open_client()).body == b"[1]"


def test_an_absolute_link_goes_through_the_mirror_too(upstream, open_client):
    upstream.serve("/next.example.org/v1/page", ["second"])
    answer = ask(open_client(), path="https://next.example.org/v1/page?token=2")
    assert answer.body == b'["second"]'
    assert answer.url == "https://next.example.org/v1/page?token=2"
    assert upstream.asked[0].query == {"token": "2"}


def test_a_question_is_kept_with_its_answer(upstream, open_client):
    upstream.serve("/api.example.org/info", [])
    answer = open_client().post(HOST, "/info", {"type": "x", "coin": "BTC"}, whole=whole_json)
    assert answer.url == 'https://api.example.org/info#{"coin": "BTC", "type": "x"}'
    assert (upstream.asked[0].method, upstream.asked[0].body) == ("POST", b'{"coin": "BTC", "type": "x"}')


# ---- what several datasets need to know -------------------------------------------------------------


def test_a_listing_is_asked_once_for_all_datasets_of_a_run(upstream, attempts, open_client):
    upstream.serve(PATH, ["first"], ["second"], ["third"])
    one = open_client("s", "s_one")
    other = replace(one, dataset="s_other")
    asked = [c.listing(HOST, "/v1/rows", {"a": 1}, whole=whole_json) for c in (one, other, one)]
    assert [answer.body for answer in asked] == [b'["first"]'] * 3
    assert [attempt.dataset for attempt in attempts.rows] == ["s_one"]  # landed once, by whoever came first
    assert one.listing(HOST, "/v1/rows", {"a": 2}, whole=whole_json).body == b'["second"]'
    assert ask(one, params={"a": 1}).body == b'["third"]'  # what a window is made of is asked for itself
    assert open_client().listing(HOST, "/v1/rows", {"a": 1}, whole=whole_json).body == b'["third"]'


@pytest.mark.parametrize(
    ("status", "error", "requests"), [(400, Refused, 1), (403, Unreachable, 1), (500, Incomplete, 8)]
)
def test_datasets_of_a_run_share_the_failure_of_a_listing(upstream, open_client, status, error, requests):
    upstream.serve(PATH, {"no": "list"}, status=status)
    client = open_client()
    reasons = set()
    for each in (client, replace(client, dataset="s_other")):
        with pytest.raises(error) as told:
            each.listing(HOST, "/v1/rows", whole=whole_json)
        reasons.add(told.value.reason)
    assert len(reasons) == 1 and len(upstream.asked) == requests


@pytest.mark.parametrize("status", [200, 403])
def test_threads_wait_for_the_one_that_asks(upstream, open_client, status):
    """The second comes while the first is at it: it gets the same answer, or the same failure."""
    upstream.serve(PATH, [1], status=status)
    asking, waiting = threading.Event(), threading.Event()
    limit = replace(HOST, refusal=lambda reply: asking.set() or (waiting.wait(5) and time.sleep(0.1)))
    client, found = open_client(), []

    def listing():
        try:
            found.append(client.listing(limit, "/v1/rows", whole=whole_json))
        except SourceError as error:
            found.append(error)

    first, second = threading.Thread(target=listing), threading.Thread(target=listing)
    first.start()
    assert asking.wait(5)
    second.start()
    waiting.set()
    for thread in (first, second):
        thread.join(10)
    assert len(upstream.asked) == 1 and len(found) == 2 and found[0] is found[1]
    assert isinstance(found[0], Answer if status == 200 else Unreachable)


# ---- what is asked again ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b'[{"t": 1}, {"t'),
        (200, {}, b""),
        (200, {}, b"<html><title>502 Bad Gateway</title></html>"),
        (200, {"Content-Length": "900"}, b"[1, 2"),  # the connection breaks inside the body
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"[1, 2, 3]" * 90, mtime=0)[:40]),
        (500, {}, b"oops"),
        (502, {}, b""),
        (503, {}, b""),
        (408, {}, b""),
        (429, {}, b"{}"),
    ],
)
def test_a_passing_fault_is_asked_again(upstream, attempts, open_client, status, headers, body):
    upstream.answers[PATH] = [(status, headers, body), (200, {}, b"[1]")]
    assert ask(open_client()).body == b"[1]"
    assert attempts.verdicts == ["retry", "ok"]
    assert attempts.bodies == [None, b"[1]"]  # what did not stand is not landed
    assert attempts.rows[0].error


def test_it_gives_up_by_name(upstream, attempts, open_client):
    upstream.serve(PATH, b'{"cut": ')
    with pytest.raises(Incomplete, match="gave up after 8 attempts: the body is not whole JSON") as caught:
        ask(open_client())
    assert caught.value.verdict is Verdict.FAILED
    assert attempts.verdicts == ["retry"] * http.ATTEMPTS == ["retry"] * len(upstream.asked)


def test_retry_after_may_be_a_fraction(upstream, attempts, open_client):
    upstream.answers[PATH] = [(429, {"Retry-After": "0.35"}, b"{}"), (200, {}, b"[]")]
    started = time.monotonic()
    ask(open_client())
    assert 0.35 <= time.monotonic() - started < 2
    assert attempts.verdicts == ["retry", "ok"]


def test_a_retry_after_that_is_no_number_is_not_an_accident(upstream, attempts, open_client):
    upstream.answers[PATH] = [(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b""), (200, {}, b"[]")]
    ask(open_client())
    assert attempts.verdicts == ["retry", "ok"]


def test_past_the_cap_the_source_rests(upstream, attempts, open_client):
    upstream.serve(PATH, b"{}", status=429, Retry_After="3600")
    started = time.monotonic()
    with pytest.raises(RateStopped, match="3600 s") as caught:
        ask(open_client())
    assert caught.value.stops_dataset
    assert time.monotonic() - started < 2
    assert attempts.verdicts == ["retry"]


def test_a_completeness_test_may_name_the_pause(upstream, attempts, open_client):
    def not_yet(reply):
        if len(upstream.asked) == 1:
            raise Retry("code 429 inside HTTP 200", 0.2)

    upstream.serve(PATH, [])
    started = time.monotonic()
    open_client().get(HOST, "/v1/rows", whole=not_yet)
    assert time.monotonic() - started >= 0.2
    assert [row.error for row in attempts.rows] == ["code 429 inside HTTP 200", None]


def test_a_stopped_run_does_not_wait_for_its_pauses(upstream, open_client):
    upstream.serve(PATH, b"", status=429, Retry_After="60")
    client = open_client()
    client.transport.stopped.set()
    started = time.monotonic()
    with pytest.raises(RateStopped):
        ask(client)
    assert time.monotonic() - started < 2


# ---- what is not asked again ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "verdict"),
    [
        (401, KeyRejected, "key_rejected"),
        (403, Unreachable, "unreachable"),
        (451, Unreachable, "unreachable"),
        (418, RateStopped, "failed"),
        (400, Refused, "failed"),
        (404, Refused, "failed"),
        (422, Refused, "failed"),
    ],
)
def test_a_refusal_is_a_state(upstream, attempts, open_client, status, error, verdict):
    upstream.serve(PATH, {"message": "no"}, status=status)
    with pytest.raises(error, match=str(status)):
        ask(open_client())
    assert (attempts.verdicts, attempts.bodies) == ([verdict], [None])
    assert attempts.rows[0].status == status


def test_an_archive_s_404_is_an_answer(upstream, attempts, open_client):
    with pytest.raises(NotPublished):
        ask(open_client(), absent=(404,))
    assert attempts.verdicts == ["absent"]


def test_the_upstream_s_own_words_come_before_its_status(upstream, attempts, open_client):
    def refusal(reply):
        if reply.json.get("code") == "401":
            raise KeyRejected("API key missing.")

    upstream.serve(PATH, {"code": "401"})
    with pytest.raises(KeyRejected, match="missing"):
        ask(open_client(), upstream=Upstream(base=HOST.base, refusal=refusal))
    assert attempts.verdicts == ["key_rejected"]


def test_nobody_answers(attempts, open_client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="no connection"):
        ask(open_client(FLOODMARK_MIRROR=f"http://127.0.0.1:{port}"))
    assert attempts.verdicts == ["retry"] * http.ATTEMPTS
    assert {row.status for row in attempts.rows} == {None}


def test_a_host_that_hangs_up_without_a_word_is_not_reachable(attempts, open_client):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up():
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(Unreachable, match="no connection"):
            ask(open_client(FLOODMARK_MIRROR=f"http://127.0.0.1:{listening.getsockname()[1]}"))
        listening.shutdown(socket.SHUT_RDWR)


# ---- secrets ----------------------------------------------------------------------------------------


def test_the_key_travels_in_its_header_alone(upstream, attempts, open_client):
    upstream.serve(PATH, [])
    ask(open_client(COINALYZE_API_KEY=KEY))
    assert upstream.asked[0].headers["api_key"] == KEY
    assert KEY not in upstream.asked[0].path + str(upstream.asked[0].query)
    assert KEY not in attempts.everything


def test_without_a_key_there_is_no_header(upstream, open_client):
    upstream.serve(PATH, [])
    ask(open_client())
    assert "api_key" not in upstream.asked[0].headers


def test_an_upstream_that_echoes_the_key_cannot_make_it_leak(upstream, attempts, open_client):
    upstream.serve(PATH, {"error": "bad request", "key": KEY, "url": f"https://x/?api_key={KEY}"}, status=400)
    with pytest.raises(SourceError) as caught:
        ask(open_client(COINALYZE_API_KEY=KEY))
    told = attempts.everything + str(caught.value) + repr(caught.value) + caught.value.reason
    assert KEY not in told
    assert SECRET_MARK in caught.value.reason


@pytest.mark.parametrize("before", range(140, 162))
def test_an_excerpt_that_ends_inside_an_echoed_key_shows_no_part_of_it(
    upstream, attempts, open_client, before
):
    upstream.serve(PATH, b"." * before + KEY.encode(), status=400)
    with pytest.raises(Refused) as caught:
        ask(open_client(COINALYZE_API_KEY=KEY))
    assert KEY[:3] not in attempts.everything + caught.value.reason


def test_a_good_answer_that_echoes_the_key_is_landed_without_it(upstream, attempts, open_client):
    upstream.serve(PATH, {"you": KEY})
    answer = ask(open_client(COINALYZE_API_KEY=KEY), params={"token": KEY})
    assert KEY not in attempts.everything + repr(answer)
    assert upstream.asked[0].query == {"token": KEY}  # the upstream got what was asked


# ---- limits -----------------------------------------------------------------------------------------


def test_the_limit_holds_the_calls_apart(upstream, open_client):
    slow = Upstream(base=HOST.base, rates=((4, 1.0),))
    upstream.serve(PATH, [])
    client = open_client(FLOODMARK_RATE_SCALE=4)  # four calls a quarter of a second
    started = time.monotonic()
    for _ in range(9):
        ask(client, upstream=slow)
    assert 0.5 <= time.monotonic() - started < 3


def test_a_question_may_cost_several_calls(upstream, open_client):
    slow = Upstream(base=HOST.base, rates=((4, 1.0),))
    upstream.serve(PATH, [])
    client = open_client(FLOODMARK_RATE_SCALE=4)
    started = time.monotonic()
    for _ in range(3):
        ask(client, upstream=slow, cost=3)
    assert 0.5 <= time.monotonic() - started < 3


def test_each_host_has_a_limit_of_its_own(upstream, open_client):
    upstream.serve(PATH, [])
    upstream.serve("/other.example.org/v1/rows", [])
    client = open_client(FLOODMARK_RATE_SCALE=1)
    started = time.monotonic()
    for base in (HOST.base, "https://other.example.org"):
        for _ in range(2):
            ask(client, upstream=Upstream(base=base, rates=((2, 30.0),)))
    assert time.monotonic() - started < 5


def test_scale_zero_switches_the_limits_off(upstream, open_client):
    upstream.serve(PATH, [])
    client = open_client(FLOODMARK_RATE_SCALE=0)
    started = time.monotonic()
    for _ in range(5):
        ask(client, upstream=Upstream(base=HOST.base, rates=((1, 60.0),)))
    assert time.monotonic() - started < 5
