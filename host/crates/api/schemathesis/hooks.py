"""What the description of the API cannot say of requests and answers."""

import itertools
import uuid

import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import MissingHeaderNotRejected, RejectedPositiveData

KEY = "Idempotency-Key"
CONDITION = "If-Match"
READS = {"GET", "HEAD", "OPTIONS", "TRACE"}

# What is sent as a component begins as one and is none.
schemathesis.openapi.media_type("application/wasm", strategies.binary(max_size=64).map(lambda rest: b"\0asm" + rest))


@schemathesis.serializer("application/wasm")
def component(context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode()}


# Of this run, and counted: no two requests are the same act.
_run = uuid.uuid4()
_acts = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request that may change something is an act of its own: a key that comes twice would get the first
    request's answer, or be refused. One that is wrong or missing on purpose stays as it is."""
    if case.method.upper() in READS:
        return
    described = any(parameter.name.lower() == KEY.lower() for parameter in case.operation.headers)
    is_wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    act = next(_acts)
    if CONDITION in case.headers and not is_wrong:
        # No tag that is made up is the present one; `*` asks for whatever there is.
        case.headers[CONDITION] = "*" if act % 2 == 0 else '"0"'
    if described and (is_wrong or KEY not in case.headers):
        return
    case.headers[KEY] = f"{_run}-{act}"


# Refused as what the description does not allow, which no description can say. What holds between fields is none of
# it: that is 422 `FIELDS_DISAGREE`.
UNDESCRIBED = (
    # Parameters of the query that belong to a component in the body, and a query beside JSON.
    "is not a parameter of this request",
    # A number without a fraction that is written with one is a whole one for JSON Schema, and none here.
    "invalid type: floating point",
)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A name may be well formed and yet that of nothing: which instruments, strategies and plugins there are no
    description says. In a path that is 404; in a query or a body it is a field that cannot be used."""
    try:
        problem = response.json()
    except ValueError:
        return True
    if isinstance(failure, MissingHeaderNotRejected):
        # A host without identity asks nobody who they are. That nobody gets in elsewhere is what `ignored_auth` asks.
        return problem.get("code") not in {"IDENTITY_OFF", "IDEMPOTENCY_KEY_REUSED"}
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    detail = str(problem.get("detail", ""))
    is_beyond = "there is no " in detail or any(words in detail for words in UNDESCRIBED)
    return not (problem.get("code") == "INVALID_FIELD" and is_beyond)
