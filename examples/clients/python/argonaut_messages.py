"""Made by examples/clients/generate.py of docs/asyncapi.json; not to be edited."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class Account(TypedDict):
    """An account with its balances."""

    balances: list[Balance]
    base_currency: str | None
    hedging: str | None
    leverage: str | None
    margin: AccountMargin | None
    name: str
    type: str
    venue: str | None


class AccountMargin(TypedDict):
    """How an account stood with its margin when that last changed, in its base currency."""

    equity: str
    maintenance: str
    since: str
    state: str


class AccountWorth(TypedDict):
    """What an account is worth, in `currency`."""

    account: str
    cash: str | None
    currency: str
    fees: str | None
    gross_exposure: str | None
    leverage: float | None
    net_exposure: str | None
    net_worth: str | None
    positions_value: str | None
    realized: str | None
    unconverted: list[str]
    unpriced: list[str]
    unrealized: str | None


class Ack(TypedDict):
    """A request was done."""

    channel: Channel
    id: int | None
    instrument: str | None
    message: int
    op: Literal["subscribe", "unsubscribe"]
    resumed: bool
    type: Literal["ack"]


class Alert(TypedDict):
    """What somebody should look at."""

    acknowledged_by: str | None
    code: str
    count: int
    escalations: int
    first_time: str
    first_time_ns: str
    id: int
    last_time: str
    last_time_ns: str
    name: str
    raised_severity: str
    scope: str
    sequence: int
    severity: str
    share: str
    state: str


class Approval(TypedDict):
    """A request for a second person."""

    asked: str
    asked_by: str
    decided_by: str | None
    expires: str
    id: str
    operation: str
    request: str
    state: Literal["OPEN", "CONFIRMED", "REFUSED", "USED", "VOID"]
    subject: str


class Authenticate(TypedDict):
    """Where identity is on, the first message; one of the two."""

    op: Literal["authenticate"]
    ticket: NotRequired[str]
    token: NotRequired[str]


class Balance(TypedDict):
    """Money of one currency: `total = locked + free`."""

    currency: str
    free: str | None
    locked: str
    total: str


class BalanceUpdate(TypedDict):
    """A balance after a change."""

    account: str
    currency: str
    free: str | None
    locked: str
    total: str


class Bar(TypedDict):
    """A finished bar."""

    close: str
    high: str
    instrument: str
    low: str
    open: str
    spec: BarSpec
    ts_event: str
    ts_event_ns: str
    ts_open: str
    ts_open_ns: str
    volume: str


class BarSpec(TypedDict):
    """The rule that made a bar: `step` is nanoseconds, events or an amount."""

    basis: str
    method: str
    step: str


class Book(TypedDict):
    """The best levels of an order book."""

    asks: list[Level]
    bids: list[Level]
    instrument: str
    known: bool
    ts_event: str | None
    ts_event_ns: str | None
    ts_init: str | None
    ts_init_ns: str | None


class Build(TypedDict):
    """A plugin file that changed, or was found."""

    file: str
    outcome: str
    plugin: str | None
    reason: str | None
    stage: str | None
    time: str
    time_ns: str


class Bye(TypedDict):
    """The last message: the connection closes."""

    code: Literal["TOO_SLOW", "OVERRUN", "TOO_MANY_ERRORS", "TOO_LARGE", "TOO_MANY", "BUSY", "UNAUTHENTICATED", "SHUTDOWN", "INTERNAL"]
    message: int
    reason: str
    type: Literal["bye"]


class Canary(TypedDict):
    """What a canary has."""

    instruments: list[str]
    when_over: str


class CashFlowView(TypedDict):
    """Money that came or left without a trade, as the host shows it."""

    account: str
    amount: str
    currency: str | None
    instrument: str | None
    number: int
    reason: str
    sequence: int
    strategy: str | None
    ts_event: str
    ts_event_ns: str


# What can be subscribed to; `x-channels` says what each carries.
Channel: TypeAlias = Literal["quotes", "bars", "orders", "fills", "positions", "strategies", "accounts", "engine", "risk", "metrics", "alerts", "venues", "cash_flows", "life_events", "pipelines", "audit", "approvals", "book", "portfolio", "jobs"]


class Component(TypedDict):
    """What an instrument adds to the normal value at risk at the highest confidence."""

    instrument: str
    value_at_risk: float


class CurrencyExposure(TypedDict):
    """What is held of a currency."""

    currency: str
    gross: float
    long: float
    net: float
    short: float


class Delay(TypedDict):
    """A constant, and what is drawn on top of it; `null` where nothing is."""

    constant_ns: str
    drawn: Drawn | None


class Deployment(TypedDict):
    """The same by itself."""

    plugin: str
    run: int
    stage: str
    state: str
    strategy: str
    time: str
    time_ns: str
    verdict: str


class Difference(TypedDict):
    """A position that differs from the venue's."""

    instrument: str
    ours: str
    theirs: str


class Drawdown(TypedDict):
    """How far below its best."""

    current: float | None
    current_share: float | None
    max: float | None
    max_share: float | None


class Drawn(TypedDict):
    """A distribution by three of its quantiles."""

    least_ns: str
    median_ns: str
    most_ns: str


class Engine(TypedDict):
    """The engine in a few numbers."""

    ignored: int
    killed: bool
    run: str
    sequence: int
    state: str
    time: str
    time_ns: str
    trading_state: str
    version: str


class Error(TypedDict):
    """A request was refused."""

    code: str
    field: str | None
    id: int | None
    message: int
    reason: str
    type: Literal["error"]


class Exposure(TypedDict):
    """What is held."""

    gross: float
    long: float
    net: float
    short: float


class Fault(TypedDict):
    """A fault."""

    kind: str
    message: str
    sequence: int
    time: str
    time_ns: str


class FeeModel(TypedDict):
    """What fills cost; `SCHEDULED` is what the instruments' `fees` say."""

    model: str


class Fill(TypedDict):
    """An execution."""

    account: str
    execution: str
    fee: str
    fee_currency: str | None
    instrument: str
    liquidity: str
    order: str
    position: str | None
    price: str
    quantity: str
    side: Side
    strategy: str
    ts_event: str
    ts_event_ns: str


class FillModel(TypedDict):
    """How orders fill. All but the name is of the built-in models, `STANDARD` and `PROBABLE`."""

    model: str
    slip_chance: str
    slippage_share: str
    slippage_ticks: int
    touch_fill_chance: str


class Gap(TypedDict):
    """Updates were lost or are not remembered any more; fresh snapshots follow."""

    channel: Channel | None
    history: str | None
    instrument: str | None
    message: int
    missed: int | None
    reason: Literal["OVERRUN", "EPOCH", "FORGOTTEN", "AHEAD"]
    sequence: int
    type: Literal["gap"]


# What an order of a group does to the others: OCO cancels them, OUO shrinks them by what it fills.
GroupRule: TypeAlias = Literal["OCO", "OUO"]


# What a version begins with.
HandOver: TypeAlias = Literal["CARRY", "FRESH"]


class Heartbeat(TypedDict):
    """The connection and the host live."""

    message: int
    sequence: int
    time: str
    time_ns: str
    type: Literal["heartbeat"]


class Hello(TypedDict):
    """The first message."""

    heartbeat_ms: int
    message: int
    protocol: int
    run: str
    sequence: int
    type: Literal["hello"]
    version: str


class Hold(TypedDict):
    """The price for which an order is held back."""

    trigger: str
    trigger_by: TriggerBy


class InstrumentExposure(TypedDict):
    """What is held of an instrument."""

    gross: float
    instrument: str
    long: float
    net: float
    short: float


class InstrumentSums(TypedDict):
    """What the positions in an instrument come to, in `currency`."""

    currency: str
    fees: str | None
    gross_exposure: str | None
    instrument: str
    mark: str | None
    net_exposure: str | None
    quantity: str | None
    realized: str | None
    unconverted: list[str]
    unpriced: list[str]
    unrealized: str | None


class Job(TypedDict):
    """Work that goes on after its answer."""

    asked: str
    asked_ns: str
    by: str | None
    ended: str | None
    ended_ns: str | None
    id: str
    kind: str
    problem: Any
    progress: float
    result: Any
    stage: str | None
    state: Literal["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELED", "INTERRUPTED"]
    status: int | None
    subject: str


class LatencyModel(TypedDict):
    """How long things take. All but the name is of the built-in model, `DRAWN`."""

    cancel: Delay
    feed: Delay
    insert: Delay
    jitter_ns: str
    model: str
    modify: Delay


class Level(TypedDict):
    """A price, and what is shown there in all."""

    price: str
    size: str


class LifeEvent(TypedDict):
    """Something that happened to an instrument or to an account's margin."""

    account: str | None
    amount: NotRequired[str]
    currency: NotRequired[str | None]
    denominator: NotRequired[int]
    equity: NotRequired[str]
    event: Literal["FUNDING", "FINAL_PRICE", "EXPIRY", "SETTLEMENT", "SPLIT", "DIVIDEND", "MARGIN_COVERED", "MARGIN_CALL", "LIQUIDATION", "MARGIN_SHORT"]
    instrument: str | None
    maintenance: NotRequired[str]
    number: int
    numerator: NotRequired[int]
    price: NotRequired[str]
    rate: NotRequired[str]
    sequence: int
    ts_event: str
    ts_event_ns: str


class Metrics(TypedDict):
    """The metrics of some scopes at one engine time."""

    horizon_ns: str | None
    sample_period_ns: str | None
    scopes: list[ScopeMetrics]
    skipped: int
    time: str | None
    time_ns: str | None


class ModelFault(TypedDict):
    """A model that broke, or answered what it was not offered."""

    instrument: str
    kind: str
    message: str
    model: str
    sequence: int
    time: str
    time_ns: str


class Offset(TypedDict):
    """A distance from a price."""

    offset: str
    unit: OffsetUnit


# In what an offset is counted.
OffsetUnit: TypeAlias = Literal["PRICE", "BASIS_POINTS", "TICKS"]


class Order(TypedDict):
    """An order with everything that was asked for. `deny_code` is set when our own risk gate refused it, and `deny_reason` says why: where a custom rule or an algorithm did, in its own words."""

    account: str
    algorithm: str | None
    average_price: str | None
    children: NotRequired[list[str] | None]
    deny_code: str | None
    deny_reason: str | None
    display: str | None
    expires: str | None
    expires_ns: str | None
    filled: str
    group: int | None
    hold: Hold | None
    id: str
    instrument: str
    intent: int
    limit_offset: Offset | None
    list: str | None
    parent: int | None
    parent_order: str | None
    pending: str | None
    position: str | None
    post_only: bool
    price: str | None
    quantity: str
    quote_quantity: bool
    reduce_only: bool
    remaining: str
    rule: GroupRule | None
    side: Side
    status: str
    strategy: str
    tag: str | None
    time_in_force: TimeInForce
    trail: Trail | None
    trigger: str | None
    trigger_by: TriggerBy | None
    trigger_now: str | None
    ts_created: str
    ts_created_ns: str
    type: OrderType


# The type of an order.
OrderType: TypeAlias = Literal["MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT", "MARKET_TO_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED", "TRAILING_STOP_MARKET", "TRAILING_STOP_LIMIT"]


class OrderUpdate(TypedDict):
    """An order after a change, with the change. `deny_code` also tells why a change was refused."""

    account: str
    algorithm: str | None
    average_price: str | None
    change: str
    children: NotRequired[list[str] | None]
    deny_code: str | None
    deny_reason: str | None
    display: str | None
    expires: str | None
    expires_ns: str | None
    filled: str
    group: int | None
    hold: Hold | None
    id: str
    instrument: str
    intent: int
    limit_offset: Offset | None
    list: str | None
    parent: int | None
    parent_order: str | None
    pending: str | None
    position: str | None
    post_only: bool
    price: str | None
    quantity: str
    quote_quantity: bool
    reduce_only: bool
    remaining: str
    rule: GroupRule | None
    side: Side
    status: str
    strategy: str
    tag: str | None
    time_in_force: TimeInForce
    trail: Trail | None
    trigger: str | None
    trigger_by: TriggerBy | None
    trigger_now: str | None
    ts_created: str
    ts_created_ns: str
    type: OrderType


class Outside(TypedDict):
    """How things stand with a venue outside."""

    accounts: list[Standing]
    connected: bool
    in_doubt: list[str]
    in_doubt_count: int
    refusals: list[Refusal]
    ruled: dict[str, int]
    since: str | None
    since_ns: str | None
    taken_back: list[TakenBack]


class Ping(TypedDict):
    """Asks for a pong."""

    id: NotRequired[int]
    op: Literal["ping"]


class PipelineState(TypedDict):
    """Where the latest run is, with its strategy."""

    plugin: str
    run: int
    stage: str
    state: str
    time: str
    time_ns: str
    verdict: str


class Plugin(TypedDict):
    """A plugin."""

    hash: str
    name: str
    parameters: dict[str, str]
    version: str


class Pong(TypedDict):
    """The answer to a ping."""

    id: int | None
    message: int
    sequence: int
    type: Literal["pong"]


class Portfolio(TypedDict):
    """What is held at one moment, as `GET portfolio` shows it. What cannot be told for lack of a price or a rate is `null`, and what lacks it stands in `unpriced` and `unconverted`."""

    accounts: list[AccountWorth]
    instruments: list[InstrumentSums]
    sequence: int
    strategies: list[StrategySums]
    time: str
    time_ns: str
    totals: list[Worth]


class Position(TypedDict):
    """A position; money is in `currency`."""

    average_price: str | None
    change: str
    currency: str | None
    fees: str
    instrument: str
    open_cost: str
    position: str | None
    quantity: str
    realized: str
    side: str
    strategy: str
    ts_event: str
    ts_event_ns: str
    unrealized: str | None


class Probation(TypedDict):
    """A version that is watched."""

    before: Plugin | None
    canary: Canary | None
    max_denials: int | None
    max_denied_percent: int | None
    max_drawdown: str | None
    max_faults: int
    max_loss: str | None
    since: str
    since_ns: str
    until: str
    until_ns: str


class Quote(TypedDict):
    """The best bid and ask."""

    ask: str
    ask_size: str | None
    bid: str
    bid_size: str | None
    instrument: str
    ts_event: str
    ts_event_ns: str
    ts_init: str
    ts_init_ns: str


class Record(TypedDict):
    """A record of the log."""

    action: str
    actor: str
    after: Any
    approval: str | None
    before: Any
    confirmed_by: str | None
    number: int
    outcome: str
    place: str
    request: str
    subject: str
    time: str


class Refusal(TypedDict):
    """What a venue refused, in its words."""

    order: str
    reason: str
    time: str
    time_ns: str


class Restart(TypedDict):
    """How far the restart of a strategy is."""

    attempt: int
    due_ns: str | None
    of: int
    outcome: str
    reason: str | None
    time: str
    time_ns: str


RollBack = TypedDict("RollBack", {
    "from": "Plugin | None",
    "reason": "str",
    "sequence": "int",
    "time": "str",
    "time_ns": "str",
})


class Scope(TypedDict):
    """Whether orders under a scope may leave."""

    killed: bool
    scope: str
    state: str


class ScopeMetrics(TypedDict):
    """The metrics of a scope; amounts are in `currency`."""

    beta: float | None
    beta_exposure: float | None
    components: list[Component]
    concentration: float | None
    currencies: list[CurrencyExposure]
    currency: str
    drawdown: Drawdown
    equity: float | None
    exposure: Exposure | None
    five_largest_share: float | None
    instruments: list[InstrumentExposure]
    largest_share: float | None
    leverage: float | None
    liquidity_days: float | None
    returns: int
    scope: str
    sectors: list[SectorExposure]
    tails: list[Tail]
    unavailable: dict[str, str]


class SectorExposure(TypedDict):
    """What is held of a sector; `null` for instruments without one."""

    gross: float
    long: float
    net: float
    sector: str | None
    short: float


class Shadow(TypedDict):
    """A shadow that trades, as it is shown with its strategy."""

    begun_at: int
    hand_over: HandOver
    plugin: Plugin
    since: str
    since_ns: str


# Buy or sell.
Side: TypeAlias = Literal["BUY", "SELL"]


class Snapshot(TypedDict):
    """A channel as it is at `sequence`; updates after it follow."""

    channel: Channel
    data: list[Account | Alert | Approval | BalanceUpdate | Bar | Book | CashFlowView | Deployment | Engine | Fill | Job | LifeEvent | Metrics | Order | OrderUpdate | Portfolio | Position | Quote | Record | Scope | Strategy | Venue]
    instrument: str | None
    message: int
    sequence: int
    type: Literal["snapshot"]


class Standing(TypedDict):
    """Whether an account agrees with its venue."""

    account: str
    compared: str | None
    compared_ns: str | None
    differences: list[Difference]
    since: str
    since_ns: str
    standing: str


class Strategy(TypedDict):
    """A strategy. Its log and older faults have routes of their own."""

    account: str
    fault_count: int
    id: int
    last_build: Build | None
    last_fault: Fault | None
    last_roll_back: RollBack | None
    manual: bool
    name: str
    pipeline: PipelineState | None
    plugin: Plugin | None
    probation: Probation | None
    restart: Restart | None
    saved_at_ns: str | None
    shadow: Shadow | None
    state: str
    swap: str | None


class StrategySums(TypedDict):
    """What a strategy's positions come to, in `currency`."""

    currency: str
    fees: str | None
    gross_exposure: str | None
    net_exposure: str | None
    realized: str | None
    strategy: str
    unconverted: list[str]
    unpriced: list[str]
    unrealized: str | None


class SubscribeParams(TypedDict):
    """The same, for those who write it here."""

    instrument: NotRequired[str]


class SubscribeResume(TypedDict):
    """Of complete channels: what the client has."""

    epoch: str
    sequence: int


class Subscribe(TypedDict):
    """Asks for a channel: an `ack`, and a `snapshot` or what was missed, then updates."""

    channel: Channel
    id: NotRequired[int]
    instrument: NotRequired[str]
    max_hz: NotRequired[float]
    op: Literal["subscribe"]
    params: NotRequired[SubscribeParams]
    resume: NotRequired[SubscribeResume]


class Tail(TypedDict):
    """Losses at one confidence."""

    confidence: str
    historical: float | None
    historical_shortfall: float | None
    normal: float | None
    normal_shortfall: float | None
    simulated: float | None
    simulated_shortfall: float | None


class TakenBack(TypedDict):
    """An execution that a venue took back."""

    fill: Fill
    time: str
    time_ns: str


# How long an order lives.
TimeInForce: TypeAlias = Literal["GTC", "IOC", "FOK", "DAY", "GTD", "AT_THE_OPEN", "AT_THE_CLOSE"]


class Trail(TypedDict):
    """How a stop follows the market."""

    activation: str | None
    offset: str
    unit: OffsetUnit


# Which price a trigger watches.
TriggerBy: TypeAlias = Literal["BID_ASK", "LAST", "MID", "MARK", "INDEX"]


class UnsubscribeParams(TypedDict):
    """The same, for those who write it here."""

    instrument: NotRequired[str]


class Unsubscribe(TypedDict):
    """Ends a subscription."""

    channel: Channel
    id: NotRequired[int]
    instrument: NotRequired[str]
    op: Literal["unsubscribe"]
    params: NotRequired[UnsubscribeParams]


class Update(TypedDict):
    """One change: the delta to the snapshot and the updates before. Channel and sequence name it, and no other update."""

    channel: Channel
    data: Account | Alert | Approval | BalanceUpdate | Bar | Book | CashFlowView | Deployment | Engine | Fill | Job | LifeEvent | Metrics | Order | OrderUpdate | Portfolio | Position | Quote | Record | Scope | Strategy | Venue
    message: int
    previous: int
    sequence: int
    time: str
    time_ns: str
    type: Literal["update"]


class Venue(TypedDict):
    """A venue. Models are of simulated ones alone."""

    fee: FeeModel
    fill: FillModel
    lacks: list[OrderType]
    latency: LatencyModel
    model_faults: list[ModelFault]
    name: str
    outside: Outside | None
    self_match: str


class Worth(TypedDict):
    """What accounts are worth, in `currency`."""

    cash: str | None
    currency: str
    fees: str | None
    gross_exposure: str | None
    leverage: float | None
    net_exposure: str | None
    net_worth: str | None
    positions_value: str | None
    realized: str | None
    unconverted: list[str]
    unpriced: list[str]
    unrealized: str | None


# Channels of which only the latest counts: there is nothing to go on with.
CONFLATED = frozenset(["accounts", "bars", "book", "metrics", "portfolio", "quotes"])
