"""The harness shows a Functions app as Azure's worker sees it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.invocation import AppRejectedError, HttpCall
from tests.functions.sample_app import SAMPLE_APP, write_app
from tests.functions.worker_messages import PROTOS
from tests.functions.worker_process import WorkerEndedError, WorkerProcess

pytestmark = pytest.mark.functions


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """The sample app in one process for the whole module."""
    app_dir = write_app(tmp_path_factory.mktemp("app"), SAMPLE_APP)
    with WorkerProcess(app_dir, {"WORK_QUEUE": "work", "MARKED": "by the test"}) as process:
        yield process


@pytest.fixture
def doomed_worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    """The sample app in a process that the test may ruin."""
    with WorkerProcess(write_app(tmp_path, SAMPLE_APP)) as process:
        yield process


def test_functions_are_listed_with_the_bindings_azure_would_be_told(worker: WorkerProcess) -> None:
    """The binding JSON is the worker library's own."""
    assert sorted(worker.functions) == ["fan", "items", "keep_loop", "setting", "tick", "work"]
    trigger = next(binding for binding in worker.functions["tick"] if binding["type"] == "timerTrigger")
    assert trigger == {
        "direction": "IN",
        "type": "timerTrigger",
        "name": "timer",
        "schedule": "0 */5 * * * *",
        "runOnStartup": False,
    }


def test_a_timer_hands_out_its_queue_output(worker: WorkerProcess) -> None:
    """An output binding's text is one message, and the function sees whether it is late."""
    assert worker.timer("tick").outputs == {"out": ("on time",)}
    assert worker.timer("tick", past_due=True).outputs == {"out": ("late",)}


def test_a_list_output_is_several_messages(worker: WorkerProcess) -> None:
    """A plain function with a list output sends each text on its own."""
    assert worker.timer("fan").outputs == {"out": ("one", "two")}


def test_asynchronous_functions_stay_on_one_event_loop(worker: WorkerProcess) -> None:
    """Connections that an app keeps between invocations stay usable."""
    outcomes = [worker.timer("keep_loop") for _ in range(3)]
    assert [outcome.error for outcome in outcomes] == ["", "", ""]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_http_travels_whole_in_both_directions(worker: WorkerProcess, method: str) -> None:
    """Method, route values, query, headers and bytes go in; status, headers, cookies and bytes come out."""
    call = HttpCall(method, "/api/items/7", {"id": "7"}, {"q": "a b"}, {"x-mark": "m"}, b"\x00\xff")
    answer = worker.http("items", call).answer
    assert (answer.status, answer.body) == (201, f"{method} 7 a b m ".encode() + b"\x00\xff")
    assert answer.headers["x-seen"] == "yes"
    [cookie] = answer.set_cookies
    assert cookie.startswith("session=abc")
    assert set(cookie.split("; ")[1:]) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=60"}


def test_what_an_app_prints_goes_to_its_log(worker: WorkerProcess) -> None:
    """Output of the app neither breaks the protocol nor gets lost."""
    assert worker.http("items", HttpCall("GET", "/api/items/1", {"id": "1"}, headers={"X-Mark": ""})).succeeded
    for noise in ("noise while importing", "noise while running", "noise below Python"):
        assert noise in worker.log()


def test_an_app_sees_only_the_environment_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: WorkerProcess
) -> None:
    """Settings of the person who runs the tests do not reach the app."""
    monkeypatch.setenv("AZURE_CLIENT_ID", "of the person")
    with WorkerProcess(write_app(tmp_path, SAMPLE_APP), {"MARKED": "yes"}) as process:
        answers = [
            process.http("setting", HttpCall("GET", f"/api/setting/{name}", {"name": name})).answer.body
            for name in ("AZURE_CLIENT_ID", "MARKED")
        ]
    assert answers == [b"unset", b"yes"]
    assert worker.env["MARKED"] == "by the test"


def test_a_failing_function_tells_why(worker: WorkerProcess) -> None:
    """The exception and where it was raised come back, with the dequeue count the function saw."""
    outcome = worker.queue("work", "bad", dequeue_count=3)
    assert not outcome.succeeded
    assert outcome.error == "ValueError: bad message, try 3"
    assert "function_app.py" in outcome.stack_trace
    assert worker.queue("work", "good").succeeded


def test_a_failing_http_function_has_no_answer(worker: WorkerProcess) -> None:
    """Asking for an answer that is not there shows the function's own error."""
    outcome = worker.http("items", HttpCall("GET", "/api/items/1"))
    assert not outcome.succeeded
    with pytest.raises(AssertionError, match="KeyError: 'id'"):
        _ = outcome.answer


def test_a_wrong_app_is_refused_with_the_workers_own_words(tmp_path: Path) -> None:
    """An annotation that does not fit its trigger is found without deploying."""
    wrong = SAMPLE_APP.replace("msg: func.QueueMessage", "msg: func.TimerRequest")
    with (
        pytest.raises(AppRejectedError, match=r"cannot load the work function: .* annotation TimerRequest"),
        WorkerProcess(write_app(tmp_path, wrong)),
    ):
        pass


def test_an_app_is_imported_from_its_own_folder_only(tmp_path: Path) -> None:
    """A module that is beside the tests but not in the app is missing, as it would be in Azure."""
    with (
        pytest.raises(AppRejectedError, match="No module named 'emulators'"),
        WorkerProcess(write_app(tmp_path, "import emulators\n" + SAMPLE_APP)),
    ):
        pass


def test_a_worker_that_ends_reports_its_last_words(doomed_worker: WorkerProcess) -> None:
    """A crashed process is an error that shows its log."""
    with pytest.raises(WorkerEndedError, match=r"status 7:\n[\s\S]*last words"):
        doomed_worker.queue("work", "die")


def test_a_worker_that_hangs_is_ended(doomed_worker: WorkerProcess) -> None:
    """A function that never returns fails its test instead of stopping the suite."""
    doomed_worker.timeout = 0.2
    with pytest.raises(WorkerEndedError):
        doomed_worker.queue("work", "hang")


def test_an_unknown_function_is_named(worker: WorkerProcess) -> None:
    """A misspelt name is told from a failing function."""
    with pytest.raises(KeyError, match="tock"):
        worker.timer("tock")


def test_messages_refuse_values_of_a_wrong_type() -> None:
    """What the real connection could not carry does not pass here either."""
    with pytest.raises(TypeError):
        PROTOS.TypedData(string=5)
    assert json.loads(PROTOS.TypedData(json='{"a": 1}').json) == {"a": 1}
