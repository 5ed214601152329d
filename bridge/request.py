"""`request`: a query or one body there, and an answer parsed as the options ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from bridge import data, layers
from bridge.failure import Failure
from bridge.reasons import Reason
from bridge.tasks import Tasks
from bridge.wire import Content

if TYPE_CHECKING:
    from bridge.call import Call
    from bridge.desk import Desk
    from bridge.outcome import Answer
    from bridge.phone import Phone
    from bridge.profile import Options, RequestProfile, Result, Text
    from bridge.target import Target

_FIRST_ERROR = 400


class Requests(Tasks):
    """The requests of one bridge."""

    api: ClassVar[str] = layers.REQUEST
    task: ClassVar[str] = "RequestTask"

    def __init__(
        self, phone: Phone, target: Target, desk: Desk, configs: dict[str, Options]
    ) -> None:
        super().__init__(phone, target, desk, configs)
        self._rules = cast("RequestProfile", target.profile.request)

    def _ready(self, call: Call) -> Failure | None:
        own, values, decisions = self._rules, call.values, call.record
        method = data.method_of(own, values.get("method", "GET"))
        if method is None or method in own.forbidden_methods:
            rule = "methods" if method is None else "forbidden_methods"
            decisions.add("options", rule, f"{values.get('method')!r} is no method here")
            problem = {"problems": "method is invalid", "detail": "method"}
            return Failure(Reason.BAD_PARAMETER, problem, text=own.unknown_method)
        call.method = method
        given = values.get(own.header_option)
        header = cast("Options", given) if isinstance(given, dict) else {}
        call.header = data.typed(own, method, header)
        sent = values.get("data")
        call.url = values["url"] = data.in_query(own, method, call.url, sent, decisions)
        call.body = data.body_of(own, method, data.content_type(call.header), sent)
        return None

    def _content(self, call: Call) -> Content:
        return Content(method=call.method, body=call.body)

    def _shaped(self, call: Call, answer: Answer) -> Result | Failure:
        """Return the success object, or the failure of a host that looks into the answer."""
        own, reply = self._rules, answer.reply
        content, sound = data.received(own, call.values, reply)
        found: Options = {"data": content}
        if own.cookie_list == "empty":
            found["cookies"] = []
        answer = answer._replace(own=found)
        decisions = call.record
        if own.http_error is not None and reply.status >= _FIRST_ERROR:
            decisions.add("shape", "http_error", f"HTTP status {reply.status} is a failure here")
            return self._refused(answer, own.http_error)
        if own.bad_json is not None and not sound:
            decisions.add("shape", "bad_json", "the answer is not JSON: a failure here")
            return self._refused(answer, own.bad_json)
        return self._shape.success(answer, call.values)

    def _refused(self, answer: Answer, text: Text) -> Failure:
        extra = self._shape.shown(answer, self._rules.answered)
        return Failure(Reason.BAD_RESPONSE, text=text, extra=extra)
