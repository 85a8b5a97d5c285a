"""`$batch`: limits, parts, dependencies, and faults that hit a part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.graph.graph_client import ANN, IMMUTABLE, a_caller, error_of, message_of, plant

JSON = {"Content-Type": "application/json"}


def create(name: str, surname: str = "Best", **more: Any) -> dict[str, Any]:
    """Part that creates a contact."""
    part = {
        "id": name,
        "method": "POST",
        "url": f"/users/{ANN}/contacts",
        "headers": JSON,
        "body": {"surname": surname},
    }
    return {**part, **more}


def read(name: str, path: str = "contacts", **more: Any) -> dict[str, Any]:
    """Part that reads below the user."""
    return {"id": name, "method": "GET", "url": f"/users/{ANN}/{path}", **more}


def test_every_part_is_answered_on_its_own() -> None:
    """Parts have their status, headers and body; the outer answer is 200 whatever they are."""
    caller = a_caller()

    answers = caller.batch(create("a"), read("b", "contacts/unknown"), {**read("c", ""), "method": "DELETE"})

    assert (answers["a"]["status"], answers["b"]["status"], answers["c"]["status"]) == (201, 404, 405)
    assert answers["a"]["body"]["surname"] == "Best"
    assert answers["a"]["headers"]["Content-Type"] == "application/json"
    assert answers["b"]["body"]["error"]["code"] == "ErrorItemNotFound"
    assert len(caller.model.contacts(ANN)) == 1


def test_preference_counts_per_part() -> None:
    """The id format is chosen by the part's own header, not by the outer one."""
    caller = a_caller()
    made = caller.create(IMMUTABLE)
    caller.headers["prefer"] = IMMUTABLE

    answers = caller.batch(read("plain"), read("immutable", headers={"Prefer": IMMUTABLE}))

    assert answers["immutable"]["body"]["value"][0]["id"] == made["id"]
    assert answers["plain"]["body"]["value"][0]["id"] != made["id"]
    assert answers["immutable"]["headers"]["Preference-Applied"] == IMMUTABLE


def test_answers_come_in_any_order_by_switch() -> None:
    """Shuffled by default, in the order of the parts otherwise."""
    orders = []
    for shuffled in (True, False):
        answer = a_caller(batch_shuffled=shuffled).call(
            "POST", "/v1.0/$batch", {"requests": [read(str(number)) for number in range(20)]}
        )
        orders.append([part["id"] for part in answer.json()["responses"]])

    assert orders[1] == [str(number) for number in range(20)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


def test_more_than_twenty_parts_are_refused() -> None:
    """Twenty-one parts are a 400 and none is done."""
    caller = a_caller()

    answer = caller.call("POST", "/v1.0/$batch", {"requests": [create(str(number)) for number in range(21)]})

    assert error_of(answer) == (400, "MaximumValueExceeded")
    assert message_of(answer) == "Number of batch request steps exceeds the maximum value of 20."
    assert caller.model.contacts(ANN) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": ["x"]},
        {"requests": [read("a"), read("A")]},
        {"requests": [{"method": "GET", "url": "/users"}]},
        {"requests": [read("a", dependsOn=["b"])]},
        {"requests": [read("a", dependsOn=["b"]), read("b", dependsOn=["a"])]},
    ],
    ids=str,
)
def test_batch_that_is_wrong_as_a_whole_is_refused(body: dict[str, Any]) -> None:
    """Missing or repeated ids (in any case) and impossible dependencies are a 400."""
    assert error_of(a_caller().call("POST", "/v1.0/$batch", body)) == (400, "BadRequest")


def test_repeated_part_id_is_named_as_the_reason() -> None:
    """Ids of parts are told apart without regard to case."""
    answer = a_caller().call("POST", "/v1.0/$batch", {"requests": [read("a"), read("A")]})

    assert message_of(answer) == "Request ids of a batch have to be unique."


@pytest.mark.parametrize(
    "part",
    [
        read("a") | {"url": f"https://graph.microsoft.com/v1.0/users/{ANN}/contacts"},
        read("a") | {"url": f"/v1.0/users/{ANN}/contacts"},
        create("a", url="/$batch", body={"requests": [read("x")]}),
        create("a", headers={}),
    ],
    ids=["absolute", "with_version", "nested", "body_without_type"],
)
def test_part_that_is_wrong_is_refused_alone(part: dict[str, Any]) -> None:
    """The others are done all the same."""
    answers = a_caller().batch(part, create("b"))

    assert (answers["a"]["status"], answers["b"]["status"]) == (400, 201)


def test_part_behind_a_failed_one_gets_424() -> None:
    """Dependants wait for their predecessors, wherever these stand, and fall with them."""
    caller = a_caller()

    answers = caller.batch(
        create("c", dependsOn=["B"]),
        create("b", dependsOn=["a"]),
        read("a", "contacts/unknown"),
        create("e", dependsOn=["d"]),
        create("d"),
    )

    assert [answers[name]["status"] for name in "abcde"] == [404, 424, 424, 201, 201]
    assert len(caller.model.contacts(ANN)) == 2


def test_fault_hits_a_part_inside_a_batch() -> None:
    """A planted status becomes the part's own, with its headers."""
    caller = a_caller()
    plant(caller, r"POST /v1.0/users/.*/contacts$", nth=2, status=429, headers={"Retry-After": "7"})

    answers = caller.batch(create("a"), create("b"), create("c"))

    assert [answers[name]["status"] for name in "abc"] == [201, 429, 201]
    assert answers["b"]["headers"] == {"Retry-After": "7"}


@pytest.mark.parametrize(("done", "count"), [(True, 2), (False, 1)])
def test_dropped_part_answers_504_with_or_without_effect(done: bool, count: int) -> None:
    """What a dropped part did is not told."""
    caller = a_caller()
    plant(caller, "POST /v1.0/users/", drop=True, after_effect=done)

    answers = caller.batch(create("a"), create("b"))

    assert [answers[name]["status"] for name in "ab"] == [504, 201]
    assert len(caller.model.contacts(ANN)) == count


def test_fault_on_the_batch_hits_the_outer_request() -> None:
    """A planted fault on `$batch` answers for all parts, after their effect if so planted."""
    caller = a_caller()
    plant(caller, r"POST /v1.0/\$batch", status=503, after_effect=True)

    answer = caller.call("POST", "/v1.0/$batch", {"requests": [create("a")]})

    assert answer.status == 503
    assert len(caller.model.contacts(ANN)) == 1


def test_share_of_the_parts_beyond_the_fourth_is_throttled_by_switch() -> None:
    """Four parts of a mailbox at a time are safe; the rest may get 429 with a wait."""
    caller = a_caller(batch_throttled_share=1.0, retry_after_s=3.0)

    answers = caller.batch(*(create(str(number)) for number in range(6)))

    assert [answers[str(number)]["status"] for number in range(6)] == [201] * 4 + [429] * 2
    assert answers["5"]["headers"]["Retry-After"] == "3"
    assert answers["5"]["body"]["error"]["code"] == "ApplicationThrottled"
    assert len(caller.model.contacts(ANN)) == 4


def test_batch_counts_as_one_request_and_its_parts_apart() -> None:
    """Totals count HTTP requests only."""
    caller = a_caller()

    caller.batch(create("a"), read("b"), read("c", "contacts/delta"))
    caller.delta()

    assert caller.model.requests == {
        "POST $batch": 1,
        "part POST contact": 1,
        "part GET contacts": 1,
        "part GET delta": 1,
        "GET delta": 1,
    }
    assert caller.model.total_requests == 2


def test_body_of_a_part_that_is_no_json_comes_in_base64() -> None:
    """A plain count is a string of base64, as for any other media type."""
    assert a_caller().batch(read("a", "contacts/$count"))["a"]["body"] == "MA=="
