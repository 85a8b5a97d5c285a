"""What is reached over HTTP: requests as values in, answers as values out; who carries them is not known here."""

from sync_core.web.admission import Admission
from sync_core.web.callers import auth_level
from sync_core.web.exchange import Answer, Request
from sync_core.web.routes import ROUTES, Route, respond

__all__ = ["ROUTES", "Admission", "Answer", "Request", "Route", "auth_level", "respond"]
