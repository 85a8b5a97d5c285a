"""An app for testing the harness itself: one function of each kind, each with something to go wrong."""

from pathlib import Path

SAMPLE_APP = """
import asyncio, os, threading, typing
import azure.functions as func

print("noise while importing")
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
loops = []

@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False)
@app.queue_output(arg_name="out", queue_name="work", connection="AzureWebJobsStorage")
async def tick(timer: func.TimerRequest, out: func.Out[str]) -> None:
    out.set("late" if timer.past_due else "on time")

@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *", run_on_startup=False)
@app.queue_output(arg_name="out", queue_name="work", connection="AzureWebJobsStorage")
def fan(timer: func.TimerRequest, out: func.Out[typing.List[str]]) -> None:
    out.set(["one", "two"])

@app.timer_trigger(arg_name="timer", schedule="0 0 4 * * *", run_on_startup=False)
async def keep_loop(timer: func.TimerRequest) -> None:
    loops.append(asyncio.get_running_loop())
    await asyncio.sleep(0)
    if loops[0] is not loops[-1]:
        raise RuntimeError("another loop")

@app.route(route="items/{id}", methods=["GET", "POST"])
async def items(req: func.HttpRequest) -> func.HttpResponse:
    print("noise while running")
    os.write(1, b"noise below Python\\n")
    answer = f"{req.method} {req.route_params['id']} {req.params.get('q')} {req.headers['X-Mark']} "
    headers = {"X-Seen": "yes", "Set-Cookie": "session=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60"}
    return func.HttpResponse(answer.encode() + req.get_body(), status_code=201, headers=headers)

@app.route(route="setting/{name}", methods=["GET"])
def setting(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get(req.route_params["name"], "unset"))

@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="next", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def work(msg: func.QueueMessage, next: func.Out[str]) -> None:
    text = msg.get_body().decode()
    if text == "bad":
        raise ValueError(f"bad message, try {msg.dequeue_count}")
    if text == "again":
        next.set("good")
    if text == "die":
        print("last words", flush=True)
        os._exit(7)
    if text == "hang":
        threading.Event().wait()
"""


def write_app(folder: Path, source: str) -> Path:
    """An app folder with nothing but function_app.py."""
    (folder / "function_app.py").write_text(source, encoding="utf-8")
    return folder
