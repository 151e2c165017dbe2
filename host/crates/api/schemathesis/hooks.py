"""What the description of the API cannot say of requests and answers."""

import itertools
import re
import time
import urllib.parse
import uuid

import requests
import schemathesis
from hypothesis import strategies
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import MissingHeaderNotRejected, RejectedPositiveData

KEY = "Idempotency-Key"
CONDITION = "If-Match"
ASKERS = {"x-api-key", "authorization"}
TAGS = re.compile(r'\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*')
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
    # A number without a fraction that is written with one is a whole one for JSON Schema, and none here.
    "invalid type: floating point",
    # Formats of moments go back beyond 1970, and on beyond what 64 bits hold.
    "a moment after 1970",
    # JSON Schema counts characters.
    " bytes",
)


def refused_in_the_end(case, response):
    """Whether what was put off by `Prefer: respond-async` was refused when its turn came."""
    place = urllib.parse.urljoin(response.request.url, response.headers["location"][0])
    asker = {name: value for name, value in response.request.headers.items() if name.lower() in ASKERS}
    until = time.monotonic() + 20
    while time.monotonic() < until:
        job = requests.get(place, headers=asker, timeout=20).json()
        if job.get("ended") is not None:
            return 400 <= (job.get("status") or 0) < 500
        time.sleep(0.02)
    return False


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
    if isinstance(failure, AcceptedNegativeData) and response.status_code == 202 and "location" in response.headers:
        return not refused_in_the_end(case, response)
    if isinstance(failure, RejectedPositiveData) and problem.get("code") == "INVALID_HEADER":
        # Wrong on purpose, which a look at the pattern afterwards does not see.
        sent = case.headers.get(CONDITION)
        return sent is None or TAGS.fullmatch(sent) is not None
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    detail = str(problem.get("detail", ""))
    is_beyond = "there is no " in detail or any(words in detail for words in UNDESCRIBED)
    return not (problem.get("code") == "INVALID_FIELD" and is_beyond)
