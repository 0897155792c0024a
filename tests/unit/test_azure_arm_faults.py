"""Throttling with the published limits, and faults on demand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.azure.clock import ManualClock
from lab.azure.http import ArmError, DroppedError, Request
from lab.azure.kinds import Caller, Kind
from lab.azure.settings import Rate
from lab.azure.throttle import Throttle
from tests.unit import azure_arm_kinds
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message
from tests.unit.azure_arm_kinds import PROVIDER, Slow, V

test_arm, group = azure_arm_kinds.test_arm, azure_arm_kinds.group  # pytest finds fixtures by their names

GROUP = "2024-03-01"


def _script(arm: Arm, *rules: dict[str, Any]) -> None:
    request = Request(method="POST", path="/standin/faults", body=json.dumps(rules).encode())
    assert arm.service.handle(request, arm.service.operator).json() == {"rules": len(rules)}


# Throttling


def test_a_bucket_holds_what_its_limit_says_and_fills_in_time() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, {})
    rate = Rate(calls=200, seconds=60)
    assert [throttle.take("dns", rate, "zone") for _ in range(200)] == list(range(199, -1, -1))
    with pytest.raises(ArmError) as refused:
        throttle.take("dns", rate, "zone")
    assert (refused.value.status, refused.value.code) == (429, "TooManyRequests")
    assert refused.value.headers == {"Retry-After": "1"}
    assert throttle.take("dns", rate, "other zone") == 199
    clock.sleep(0.3)
    assert throttle.take("dns", rate, "zone") == 0
    clock.sleep(3600)
    assert throttle.take("dns", rate, "zone") == 199, "it never holds more than its limit"


@pytest.mark.parametrize(
    ("rate", "wait"),
    [(Rate(calls=1, seconds=60), 60), (Rate(calls=40, seconds=60), 2), (Rate(calls=0), 3600)],
)
def test_after_the_time_that_is_told_a_token_is_there(rate: Rate, wait: int) -> None:
    clock = ManualClock()
    throttle = Throttle(clock, {"x": rate})
    for _ in range(rate.calls):
        throttle.take("x", Rate(calls=9), "")
    with pytest.raises(ArmError) as refused:
        throttle.take("x", Rate(calls=9), "")
    assert refused.value.headers["Retry-After"] == str(wait)
    clock.sleep(wait)
    if rate.calls:
        throttle.take("x", Rate(calls=9), "")


def test_arm_throttles_each_principal() -> None:
    arm = Arm(CORE, rates={"arm-reads": {"calls": 3, "seconds": 30}})
    group = arm.group()
    left = [arm.get(group).headers["x-ms-ratelimit-remaining-subscription-reads"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = arm.get(group)
    assert code(refused) == "429 TooManyRequests"
    assert refused.headers["Retry-After"] == "10"
    assert "more than 3 requests of 'arm-reads' within 30 seconds" in message(refused)
    assert arm.put(group, {"location": "westus"}).status == 200, "writes are counted apart"
    other = Caller(principal="other")
    assert arm.get(group, caller=other).status == 403, "and so are other principals"


def test_the_published_limits_of_arm_hold() -> None:
    arm = Arm(CORE)
    group = arm.group()
    statuses = [arm.put(group, {"location": "westus"}).status for _ in range(200)]
    assert statuses == [200] * 199 + [429]
    arm.clock.sleep(0.1)
    assert arm.put(group, {"location": "westus"}).status == 200


def test_a_kind_has_limits_of_its_own() -> None:
    class Thing(azure_arm_kinds.Thing):
        """At most two writes a minute."""

        rates = {"write": ("thing-writes", Rate(calls=2))}  # noqa: RUF012

    kinds: tuple[Kind, ...] = (*CORE, Thing())
    arm = Arm(kinds, version=V)
    path = f"{arm.group()}/{PROVIDER}/things/a"
    assert [arm.put(path, {"location": "westus"}).status for _ in range(3)] == [201, 200, 429]
    assert arm.get(path).status == 200
    wider = Arm(kinds, version=V, rates={"thing-writes": {"calls": 3}})
    path = f"{wider.group()}/{PROVIDER}/things/a"
    assert [wider.put(path, {"location": "westus"}).status for _ in range(4)] == [201, 200, 200, 429]


# Faults


def test_a_rule_skips_then_fires_so_many_times(test_arm: Arm, group: str) -> None:
    match = {"method": "get", "path": "/resourcegroups/RG$", "skip": 1, "count": 2}
    rule = {"match": match, "status": 503, "code": "ServiceUnavailable", "message": "later", "retry_after": 7}
    _script(test_arm, rule)
    found = [test_arm.get(group, version=GROUP) for _ in range(4)]
    assert [r.status for r in found] == [200, 503, 503, 200]
    assert (code(found[1]), message(found[1])) == ("503 ServiceUnavailable", "later")
    assert found[1].headers["Retry-After"] == "7"
    report = test_arm.get("/standin/faults").json()["value"]
    assert [row["fired"] for row in report] == [2]
    _script(test_arm)
    assert test_arm.get("/standin/faults").json()["value"] == []


def test_a_header_is_for_its_own_request(test_arm: Arm, group: str) -> None:
    headers = {"x-standin-fault": '{"status": 500, "code": "Boom"}'}
    assert code(test_arm.get(group, version=GROUP, headers=headers)) == "500 Boom"
    assert test_arm.get(group, version=GROUP).status == 200


@pytest.mark.parametrize(("when", "there"), [("before", False), ("after", True)])
def test_a_connection_drops_before_or_after_the_work(
    test_arm: Arm, group: str, when: str, there: bool
) -> None:
    path = f"{group}/{PROVIDER}/things/a"
    _script(test_arm, {"match": {"method": "PUT"}, "drop": when})
    with pytest.raises(DroppedError):
        test_arm.put(path, {"location": "westus"})
    assert (test_arm.get(path).status == 200) is there


def test_a_delay_takes_time(test_arm: Arm, group: str) -> None:
    before = test_arm.clock.now()
    _script(test_arm, {"delay": 12.5})
    assert test_arm.get(group, version=GROUP).status == 200
    assert test_arm.clock.now() - before == 12.5


def test_an_operation_fails_before_or_after_its_work(test_arm: Arm, group: str) -> None:
    for name, kind, ran in (("before", "fail", []), ("later", "fail-after", ["later"])):
        Slow.ran.clear()
        rule = {
            "match": {"method": "PUT"},
            "operation": kind,
            "code": "AllocationFailed",
            "message": "none left",
        }
        _script(test_arm, rule)
        path = f"{group}/{PROVIDER}/slows/{name}"
        ended = test_arm.operation(test_arm.put(path, {"location": "westus"}))
        assert ended["error"] == {"code": "AllocationFailed", "message": "none left"}
        assert test_arm.get(path).json()["properties"]["provisioningState"] == "Failed"
        assert Slow.ran == ran
        assert test_arm.operation(test_arm.put(path, {"location": "westus"}))["status"] == "Succeeded"


def test_an_operation_hangs_until_faults_are_taken_back(test_arm: Arm, group: str) -> None:
    _script(test_arm, {"match": {"method": "PUT"}, "operation": "hang"})
    path = f"{group}/{PROVIDER}/slows/a"
    started = test_arm.call("PUT", path, {"location": "westus"})
    assert not test_arm.service.operations.wait(0.1)
    assert test_arm.operation(started)["status"] == "InProgress"
    assert code(test_arm.call("DELETE", path)) == "409 OperationNotAllowed"
    assert Slow.ran == []
    _script(test_arm)
    assert test_arm.service.operations.wait(10)
    assert test_arm.operation(started)["status"] == "Succeeded"


def test_the_server_ends_though_an_operation_hangs(test_arm: Arm, group: str) -> None:
    _script(test_arm, {"match": {"method": "PUT"}, "operation": "hang"})
    path = f"{group}/{PROVIDER}/slows/a"
    started = test_arm.call("PUT", path, {"location": "westus"})
    test_arm.service.stop()
    assert test_arm.operation(started)["status"] == "Canceled"
    assert test_arm.get(path).json()["properties"]["provisioningState"] == "Canceled"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("{}", "valid array"),
        ('[{"status": 200}]', "0.status"),
        ('[{"match": {"path": "("}}]', "0.match.path: Value error, no regular expression"),
        ('[{"operation": "explode"}]', "0.operation"),
        ('[{"colour": "red"}]', "0.colour"),
    ],
)
def test_a_wrong_script_is_refused(test_arm: Arm, script: str, words: str) -> None:
    request = Request(method="POST", path="/standin/faults", body=script.encode())
    refused = test_arm.service.handle(request, test_arm.service.operator)
    assert code(refused) == "400 InvalidFault"
    assert words in message(refused)


def test_only_the_operator_may_ask_for_faults_and_for_the_inventory(test_arm: Arm) -> None:
    stranger = Caller(principal="somebody")
    for method, path in (
        ("POST", "/standin/faults"),
        ("GET", "/standin/faults"),
        ("GET", "/standin/inventory"),
    ):
        assert code(test_arm.call(method, path, [], caller=stranger)) == "403 AuthorizationFailed"
        nobody = test_arm.service.handle(Request(method=method, path=path))
        assert code(nobody) == "401 AuthenticationFailed"
    assert test_arm.service.handle(Request(method="GET", path="/standin/health")).json() == {"status": "up"}
    assert code(test_arm.get("/standin/nothing")) == "404 NotFound"


def test_the_inventory_can_be_asked_for(test_arm: Arm, group: str) -> None:
    assert test_arm.get("/standin/inventory").json()["value"] == [
        {"id": group, "type": "Microsoft.Resources/resourceGroups", "state": "Succeeded"}
    ]


def test_settings_change_while_it_runs(test_arm: Arm, group: str) -> None:
    def change(**settings: Any) -> Any:
        return test_arm.post("/standin/settings", settings)

    assert change(quotas={"public-ips": 1}, token_seconds=5).json()["token_seconds"] == 5
    assert test_arm.service.context.settings.quotas == {"public-ips": 1}
    change(rates={"arm-deletes": {"calls": 0}})
    assert code(test_arm.delete(group, version=GROUP)) == "429 TooManyRequests"
    change(rates={})
    assert test_arm.delete(group, version=GROUP).status == 202
    assert test_arm.service.settings.quotas == {"public-ips": 1}, "what is not named stays"
    assert "tenant_id is none of operation_seconds" in message(change(tenant_id="x"))
    assert message(change(retry_after="soon")).startswith("retry_after: ")
    stranger = Caller(principal="somebody")
    assert code(test_arm.post("/standin/settings", {}, caller=stranger)) == "403 AuthorizationFailed"
