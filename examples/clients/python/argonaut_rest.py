"""Made by examples/clients/generate.py of docs/openapi.json; not to be edited."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AccountDto(TypedDict):
    """An account with its balances."""

    balances: list[BalanceDto]
    base_currency: NotRequired[str | None]
    hedging: NotRequired[Name | None]
    leverage: NotRequired[str | None]
    margin: NotRequired[AccountMarginDto | None]
    name: str
    type: Name
    venue: NotRequired[str | None]


class AccountMarginDto(TypedDict):
    """How an account stood with its margin when that last changed, in its base currency."""

    equity: str
    maintenance: str
    since: str
    state: Name


class SumsDto(TypedDict):
    """What positions come to, in `currency`."""

    currency: str
    fees: NotRequired[str | None]
    gross_exposure: NotRequired[str | None]
    net_exposure: NotRequired[str | None]
    realized: NotRequired[str | None]
    unconverted: list[str]
    unpriced: list[str]
    unrealized: NotRequired[str | None]


class WorthDto(SumsDto):
    """What accounts are worth, in `currency`."""

    cash: NotRequired[str | None]
    leverage: NotRequired[float | None]
    net_worth: NotRequired[str | None]
    positions_value: NotRequired[str | None]


class AccountWorthDto(WorthDto):
    """What an account is worth."""

    account: str


class AcknowledgeRequest(TypedDict):
    """Body of `POST risk/alerts/{id}/acknowledge`."""

    by: str


class ActDto(TypedDict):
    """Something that was done with a plugin."""

    act: Name
    by: NotRequired[str | None]
    forced: bool
    reason: NotRequired[str | None]
    time: str
    time_ns: str


class AddKeyRequest(TypedDict):
    """Body of `POST keys`."""

    days: NotRequired[int]
    name: str
    networks: NotRequired[list[str]]
    scopes: list[Literal["viewer", "operator", "author", "risk", "admin"]]


class AddUserRequest(TypedDict):
    """Body of `POST users`."""

    name: str
    networks: NotRequired[list[str]]
    roles: list[Literal["viewer", "operator", "author", "risk", "admin"]]


class AlertDto(TypedDict):
    """What somebody should look at."""

    acknowledged_by: NotRequired[str | None]
    code: str
    count: int
    escalations: int
    first_time: str
    first_time_ns: str
    id: int
    last_time: str
    last_time_ns: str
    name: str
    raised_severity: Name
    scope: str
    sequence: int
    severity: Name
    share: str
    state: Name


class AlgorithmCallRequest(TypedDict):
    """The algorithm that is to work an order."""

    name: str
    parameters: NotRequired[dict[str, ParameterValue]]


class AlgorithmDto(TypedDict):
    """An execution algorithm."""

    name: str
    parameters: dict[str, str]
    plugin: str


class AmendmentRequest(TypedDict):
    """Body of `PATCH orders/{id}`; what is left out stays."""

    price: NotRequired[Decimal]
    quantity: NotRequired[Quantity]
    trigger: NotRequired[Decimal]


class ApprovalDto(TypedDict):
    """A request for a second person."""

    asked: str
    asked_by: str
    decided_by: NotRequired[str | None]
    expires: str
    id: str
    operation: str
    request: str
    state: str
    subject: str


class AuditDto(TypedDict):
    """A page of the log."""

    items: list[RecordDto]
    next: NotRequired[int | None]


class AuthorsChangeDto(TypedDict):
    """Who wrote it, before and after."""

    after: NotRequired[str | None]
    before: NotRequired[str | None]


class BacktestDto(TypedDict):
    """A backtest, and what came of it."""

    asked: str
    asked_ns: str
    began: NotRequired[str | None]
    began_ns: NotRequired[str | None]
    by: NotRequired[str | None]
    ended: NotRequired[str | None]
    ended_ns: NotRequired[str | None]
    error: NotRequired[str | None]
    has_report: bool
    id: int
    job: str
    journal_hash: NotRequired[str | None]
    parameters: dict[str, str]
    plugin: str
    progress: float
    result: NotRequired[Any]
    settings: Any
    state: Name
    title: str


BacktestRequest = TypedDict("BacktestRequest", {
    "account": NotRequired["str | None"],
    "bar": NotRequired["str | None"],
    "by": NotRequired["str | None"],
    "cash_account": NotRequired["bool"],
    "catalog": NotRequired["str | None"],
    "data": NotRequired["list[str]"],
    "deposits": NotRequired["list[str]"],
    "end": NotRequired["str | None"],
    "events": NotRequired["str | None"],
    "feed_latency": NotRequired["str | None"],
    "force": NotRequired["bool"],
    "from": NotRequired["str | None"],
    "instruments": "list[str]",
    "kind": NotRequired["str | None"],
    "latency": NotRequired["str | None"],
    "leverage": NotRequired["str | None"],
    "parameters": NotRequired["dict[str, ParameterValue]"],
    "plugin": "str",
    "seed": NotRequired["int | None"],
    "slip_chance": NotRequired["str | None"],
    "slippage_ticks": NotRequired["int | None"],
    "start": NotRequired["str | None"],
    "to": NotRequired["str | None"],
    "touch_fill_chance": NotRequired["str | None"],
})


class BalanceDto(TypedDict):
    """Money of one currency: `total = locked + free`."""

    currency: str
    free: NotRequired[str | None]
    locked: str
    total: str


class BeginRunRequest(TypedDict):
    """Body of `POST pipelines/{strategy}/runs`."""

    by: str
    force: NotRequired[bool]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: str


class BracketRequest(TypedDict):
    """An entry, and the exits that wait for its fill and end each other."""

    entry: OrderTicketRequest
    stop: OrderTicketRequest
    target: OrderTicketRequest


class BudgetDto(TypedDict):
    """What they may cost."""

    demote: bool
    fuel: NotRequired[int | None]
    time_ns: NotRequired[str | None]
    window: int


class BuildDto(TypedDict):
    """A plugin file that changed, or was found."""

    file: str
    outcome: Name
    plugin: NotRequired[str | None]
    reason: NotRequired[str | None]
    stage: NotRequired[str | None]
    time: str
    time_ns: str


class BuildOfHostDto(TypedDict):
    """How the program was built."""

    arch: str
    debug: bool
    os: str


class BusDto(TypedDict):
    """How the connection to the bus stands."""

    error: NotRequired[str | None]
    published: int
    state: Name


class CanaryDto(TypedDict):
    """What a canary has."""

    instruments: list[str]
    when_over: Name


class CanaryStrategyRequest(TypedDict):
    """Body of `POST strategies/{name}/canary` as JSON."""

    by: NotRequired[str | None]
    force: NotRequired[bool]
    instruments: list[str]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: NotRequired[str | None]
    probation: ProbationRequest
    state: NotRequired[HandOverName]
    when_over: NotRequired[WhenOverName]


class CashFlowDto(TypedDict):
    """Money that came or left without a trade."""

    account: str
    amount: str
    currency: NotRequired[str | None]
    instrument: NotRequired[str | None]
    reason: Name
    strategy: NotRequired[str | None]
    ts_event: str
    ts_event_ns: str


class CashFlowViewDto(CashFlowDto):
    """Money that came or left without a trade, as the host shows it."""

    number: int
    sequence: int


# A change by an exact share, as a string: -0.2 takes a fifth away, and -1 all.
Change: TypeAlias = str


class ChangeUserRequest(TypedDict):
    """Body of `PATCH users/{name}`; what is absent stays."""

    desk: NotRequired[DeskDto | None]
    disabled: NotRequired[bool | None]
    networks: NotRequired[list[str] | None]
    roles: NotRequired[list[Literal["viewer", "operator", "author", "risk", "admin"]] | None]


class ClaimRequest(TypedDict):
    """Body of `POST auth/claim`."""

    name: str
    password: str
    token: str


ClassDto = TypedDict("ClassDto", {
    "base": NotRequired["str | None"],
    "class": "str",
    "expiry": NotRequired["str | None"],
    "expiry_ns": NotRequired["str | None"],
    "right": NotRequired["Name | None"],
    "strike": NotRequired["str | None"],
    "underlying": NotRequired["str | None"],
})


# A WebAssembly component.
Component: TypeAlias = str


class ComponentDto(TypedDict):
    """What an instrument adds to the normal value at risk at the highest confidence."""

    instrument: str
    value_at_risk: float


class ConductDto(TypedDict):
    cancel_window_ns: NotRequired[str | None]
    free_cancels: NotRequired[int | None]
    max_cancels_per_fill: NotRequired[int | None]
    max_repeats: NotRequired[int | None]
    no_self_match: NotRequired[bool | None]
    repeat_window_ns: NotRequired[str | None]


class ControlDto(TypedDict):
    """A control of the gate."""

    code: str
    denied: int
    documentation: str
    metric: str
    name: str


ConversionRequest = TypedDict("ConversionRequest", {
    "amount": "Money",
    "from": "str",
    "to": "str",
})


class CorrelationDto(TypedDict):
    """How returns move together."""

    correlations: NotRequired[list[list[float | None]] | None]
    covariances: NotRequired[list[list[float]] | None]
    instruments: list[str]
    positive_semidefinite: NotRequired[bool | None]
    returns: int
    time: str
    time_ns: str
    unavailable: dict[str, str]


class CostDto(TypedDict):
    """What events cost the version of a strategy that runs."""

    budget: NotRequired[BudgetDto | None]
    every: int
    fuel: NotRequired[SpreadDto | None]
    measured: int
    plugin: str
    time_ns: NotRequired[TimeSpreadDto | None]


class CriterionDto(TypedDict):
    """What was asked of it."""

    holds: bool
    measured: NotRequired[str | None]
    name: str
    wanted: str


class HeldExposureDto(TypedDict):
    """What is held."""

    gross: float
    long: float
    net: float
    short: float


class CurrencyExposureDto(HeldExposureDto):
    """What is held of a currency."""

    currency: str


class FiguresDto(TypedDict):
    """Amounts are exact; shares and seconds are statistics, and `null` where nothing supports them. A trade is a position from flat to flat, of all its executions, and counts where it closes in the period, with all that it made and cost. Of a hedging account each position is a trade, without funding. Executions that a venue took back still count in `traded_value` and `fills`; a position that was only opened and taken back, with its fees, is no trade."""

    average_duration_s: NotRequired[float | None]
    fees: str
    fills: int
    longest_loss_streak: int
    losers: int
    max_drawdown: str
    net: str
    payoff_ratio: NotRequired[float | None]
    profit_factor: NotRequired[float | None]
    realized: str
    traded_value: str
    trades: int
    win_rate: NotRequired[float | None]
    winners: int


class CurrencyFiguresDto(FiguresDto):
    """What instruments of a quote currency made."""

    currency: str


class DataDto(TypedDict):
    max_age_ns: NotRequired[str | None]
    max_ahead_ns: NotRequired[str | None]
    max_behind_ns: NotRequired[str | None]


class DataSetDto(TypedDict):
    """Events of one kind of one instrument, as the files of a catalog have them."""

    bars: NotRequired[str | None]
    bytes: int
    days: int
    first: NotRequired[str | None]
    first_ns: NotRequired[str | None]
    instrument: str
    kind: str
    last: NotRequired[str | None]
    last_ns: NotRequired[str | None]
    parts: int
    rows: int


class DeadLetterDto(TypedDict):
    """The input over which a strategy broke."""

    input: NotRequired[str | None]
    journal: str
    kind: Name
    letter: str
    message: str
    parameters: dict[str, str]
    place: NotRequired[PlaceDto | None]
    plugin: str
    saved: NotRequired[SavedDto | None]
    sequence: int
    time: str
    time_ns: str
    title: str


# The file of a dead letter.
DeadLetterFile: TypeAlias = str


class DeadLettersDto(TypedDict):
    """Answer to `GET strategies/{name}/dead-letters`."""

    dropped: int
    letters: list[DeadLetterDto]


# An exact decimal. A JSON number is refused: what prints it may have rounded it.
Decimal: TypeAlias = str


class DecisionRequest(TypedDict):
    """Body of `POST plugins/{plugin}/approve`."""

    by: NotRequired[str | None]
    force: NotRequired[bool]
    reason: NotRequired[str | None]


class DelayDto(TypedDict):
    """A constant, and what is drawn on top of it; `null` where nothing is."""

    constant_ns: str
    drawn: NotRequired[DrawnDto | None]


class DeskDto(TypedDict):
    """For what a person may trade. A list that is there is a positive one: orders, changes, conversions, and what lets a strategy trade are refused (403 `NOT_PERMITTED`, `P03`) where they are of another, or of none that is known. What only takes away is never refused for it."""

    accounts: NotRequired[list[str] | None]
    strategies: NotRequired[list[str] | None]


class DrawdownDto(TypedDict):
    """How far below its best."""

    current: NotRequired[float | None]
    current_share: NotRequired[float | None]
    max: NotRequired[float | None]
    max_share: NotRequired[float | None]


class DrawnDto(TypedDict):
    """A distribution by three of its quantiles."""

    least_ns: str
    median_ns: str
    most_ns: str


class EngineDto(TypedDict):
    """The engine in a few numbers."""

    ignored: int
    killed: bool
    run: str
    sequence: int
    state: Name
    time: str
    time_ns: str
    trading_state: Name
    version: str


class EscalationDto(TypedDict):
    halt: NotRequired[str | None]
    hysteresis: NotRequired[str | None]
    reduce: NotRequired[str | None]
    warn: NotRequired[str | None]


class EventRequest1(TypedDict):
    event: Literal["FUNDING"]
    rate: Decimal


class EventRequest2(TypedDict):
    event: Literal["SETTLEMENT"]
    price: Decimal


class EventRequest3(TypedDict):
    denominator: int
    event: Literal["SPLIT"]
    numerator: int


class EventRequest4(TypedDict):
    amount: Money
    currency: str
    event: Literal["DIVIDEND"]


# What happens, told apart by `event`.
EventRequest: TypeAlias = EventRequest1 | EventRequest2 | EventRequest3 | EventRequest4


class ExposureDto(TypedDict):
    max_gross: NotRequired[str | None]
    max_instrument_share: NotRequired[str | None]
    max_net: NotRequired[str | None]
    max_sector_share: NotRequired[str | None]


class FactorRequest(TypedDict):
    """Body of `PUT risk/factors/{scope}`."""

    factor: str


class FaultDto(TypedDict):
    """A fault."""

    kind: Name
    message: str
    sequence: int
    time: str
    time_ns: str


class FaultNoteDto(TypedDict):
    """A fault of a plugin since it was released last."""

    fault: str
    journal: str
    sequence: int
    strategy: str
    time: str
    time_ns: str


class FeaturesDto(TypedDict):
    """What of the host is on."""

    bus: bool
    hooks: bool
    identity: bool
    notifications: bool
    pipelines: bool
    rates: bool
    retention: bool
    store: bool
    tls: bool


class FeeModelDto(TypedDict):
    """What fills cost; `SCHEDULED` is what the instruments' `fees` say."""

    model: str


FeeTierDto = TypedDict("FeeTierDto", {
    "from": "str",
    "maker": "str",
    "taker": "str",
})


class FeedDto(TypedDict):
    """A feed."""

    kind: Name
    state: Name


class FeesDto(TypedDict):
    """What orders cost."""

    maker: str
    max_per_order: NotRequired[str | None]
    max_share: NotRequired[str | None]
    min_per_order: str
    per_contract: str
    taker: str
    tiers: list[FeeTierDto]


class FillDto(TypedDict):
    """An execution."""

    account: str
    execution: str
    fee: str
    fee_currency: NotRequired[str | None]
    instrument: str
    liquidity: Name
    order: str
    position: NotRequired[str | None]
    price: str
    quantity: str
    side: SideName
    strategy: str
    ts_event: str
    ts_event_ns: str


class FillModelDto(TypedDict):
    """How orders fill. All but the name is of the built-in models, `STANDARD` and `PROBABLE`."""

    model: str
    slip_chance: str
    slippage_share: str
    slippage_ticks: int
    touch_fill_chance: str


class FuelChangeDto(TypedDict):
    """What made-up events cost, before and after."""

    after: NotRequired[FuelDto | None]
    before: NotRequired[FuelDto | None]


class FuelDto(TypedDict):
    """What made-up events cost, in fuel."""

    events: int
    median: int
    most: int


class GatewayDto(TypedDict):
    """The gateway of a venue outside."""

    doubtful_reports: int
    in_doubt: int
    last_refusal: NotRequired[str | None]
    last_refusal_ns: NotRequired[str | None]
    since: NotRequired[str | None]
    since_ns: NotRequired[str | None]
    state: Name
    unreconciled: list[str]
    venue: str


class GrantedDto(TypedDict):
    """What a session is given. The refresh token is in a cookie, where no script reads it."""

    access: str
    access_expires: str
    roles: list[Literal["viewer", "operator", "author", "risk", "admin"]]
    session: str
    session_expires: str
    user: str


# What a version begins with.
HandOverName: TypeAlias = Literal["CARRY", "FRESH"]


class HandlingDto(TypedDict):
    """What the events of a version cost."""

    calls: int
    fuel_p50: NotRequired[int | None]
    fuel_p99: NotRequired[int | None]
    time_p50_ns: str
    time_p99_ns: str


class HealthDto(TypedDict):
    """Whether the process answers and the engine works."""

    bus: NotRequired[BusDto | None]
    commands_waiting: int
    engine_state: Name
    journal_writable: bool
    killed: bool
    market_conflated: int
    market_waiting: int
    notifications: NotRequired[NotificationsHealthDto | None]
    prices_conflated: int
    retention: NotRequired[RetentionDto | None]
    sequence: int
    status: str
    store: NotRequired[StoreDto | None]
    trading_state: Name


class HeldDto(TypedDict):
    """A position that is not flat."""

    instrument: str
    quantity: str


HistoryDto = TypedDict("HistoryDto", {
    "from": "Moment",
    "instruments": NotRequired["list[str] | None"],
    "to": "Moment",
})


class HoldDto(TypedDict):
    """The price for which an order is held back."""

    trigger: str
    trigger_by: TriggerByName


class HoldRequest(TypedDict):
    """The price until which an order is held back."""

    trigger: Decimal
    trigger_by: NotRequired[TriggerByName]


class HookAnswer(TypedDict):
    """What came of a call for an order."""

    duplicate: bool
    id: str
    order: NotRequired[str | None]
    status: NotRequired[str | None]


class HookRequest(TypedDict):
    """Body of `POST /hooks/{name}`, of a hook that places orders. `secret` and `time` are those of TradingView only."""

    id: str
    instrument: str
    price: NotRequired[Decimal | None]
    quantity: NotRequired[Quantity | None]
    secret: NotRequired[str | None]
    side: SideName
    time: NotRequired[Moment | None]
    type: NotRequired[HookOrderName | None]


class HookSignal(TypedDict):
    """Body of `POST /hooks/{name}`, of a hook that tells a strategy. `secret` and `time` are those of TradingView only."""

    id: str
    secret: NotRequired[str | None]
    time: NotRequired[Moment | None]
    values: NotRequired[dict[str, str]]


# What the hook is for: an order, or a signal.
HookBody: TypeAlias = HookRequest | HookSignal


# A type of order that a hook may place.
HookOrderName: TypeAlias = Literal["MARKET", "LIMIT"]


class SignalAnswer(TypedDict):
    """A signal that a strategy was told."""

    duplicate: bool
    id: str
    signal: str
    strategy: str


# What came of a call, by what the hook is for.
HookReply: TypeAlias = HookAnswer | SignalAnswer


class InstrumentDto(ClassDto):
    """An instrument with its latest prices."""

    day_end_ns: str
    fees: FeesDto
    halted: bool
    id: int
    index: NotRequired[str | None]
    last: NotRequired[str | None]
    lot: str
    margin: InstrumentMarginDto
    mark: NotRequired[str | None]
    max_quantity: str
    min_quantity: str
    multiplier: str
    price_digits: int
    quantity_digits: int
    quote: NotRequired[QuoteDto | None]
    quote_currency: str
    session: NotRequired[TradingHoursDto | None]
    symbol: str
    tick: str
    tradable: bool
    venue: str


class InstrumentExposureDto(HeldExposureDto):
    """What is held of an instrument."""

    instrument: str


class InstrumentFiguresDto(FiguresDto):
    """What an instrument made."""

    currency: str
    instrument: str


class InstrumentMarginDto(TypedDict):
    """Margin as a share of notional value."""

    initial: str
    maintenance: str


class InstrumentSumsDto(SumsDto):
    """What the positions in an instrument come to."""

    instrument: str
    mark: NotRequired[str | None]
    quantity: NotRequired[str | None]


class InvitedDto(TypedDict):
    """A person and the invitation, which is told this once."""

    invitation: str
    user: UserDto


class JobDto(TypedDict):
    """A job."""

    asked: str
    asked_ns: str
    by: NotRequired[str | None]
    ended: NotRequired[str | None]
    ended_ns: NotRequired[str | None]
    id: str
    kind: str
    problem: NotRequired[Any]
    progress: float
    result: NotRequired[Any]
    stage: NotRequired[Name | None]
    state: Name
    status: NotRequired[int | None]
    subject: str


class JournalDto(TypedDict):
    """What was written to the journal since the process began."""

    bytes: int
    failures: int
    sync_time_ns: str
    syncs: int
    waiting_bytes: int


class KeptDto(TypedDict):
    """How risk metrics, alerts, the audit log, jobs and backtests get into the store."""

    error: NotRequired[str | None]
    lost: int
    missed_updates: int
    waiting: int


class KeyDto(TypedDict):
    """A key."""

    created: str
    expires: str
    id: str
    name: str
    networks: list[str]
    scopes: list[Literal["viewer", "operator", "author", "risk", "admin"]]
    user: str


class KillRequest(TypedDict):
    """Body of `POST engine/kill`."""

    set: bool


class KillScopeRequest(TypedDict):
    """Body of `POST risk/kill`."""

    scope: str


# The type of an order.
KindName: TypeAlias = Literal["MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT", "MARKET_TO_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED", "TRAILING_STOP_MARKET", "TRAILING_STOP_LIMIT"]


class LatencyModelDto(TypedDict):
    """How long things take. All but the name is of the built-in model, `DRAWN`."""

    cancel: DelayDto
    feed: DelayDto
    insert: DelayDto
    jitter_ns: str
    model: str
    modify: DelayDto


class LatestDto(TypedDict):
    """The latest market data of an instrument."""

    history: NotRequired[str | None]
    instrument: str
    items: list[Any]
    source: Name


class WhatDto1(TypedDict):
    event: Literal["FUNDING"]
    rate: str


class WhatDto2(TypedDict):
    """Known before the end; nothing moved yet."""

    event: Literal["FINAL_PRICE"]
    price: str


class WhatDto3(TypedDict):
    event: Literal["EXPIRY"]


class WhatDto4(TypedDict):
    """Positions are closed at this price."""

    event: Literal["SETTLEMENT"]
    price: str


class WhatDto5(TypedDict):
    """`denominator` shares became `numerator`."""

    denominator: int
    event: Literal["SPLIT"]
    numerator: int


class WhatDto6(TypedDict):
    """For each share."""

    amount: str
    currency: NotRequired[str | None]
    event: Literal["DIVIDEND"]


class MarginCallDto(TypedDict):
    """An account's margin, in its base currency."""

    equity: str
    maintenance: str


class WhatDto7(MarginCallDto):
    event: Literal["MARGIN_COVERED"]


class WhatDto8(MarginCallDto):
    event: Literal["MARGIN_CALL"]


class WhatDto9(MarginCallDto):
    event: Literal["LIQUIDATION"]


class WhatDto10(MarginCallDto):
    event: Literal["MARGIN_SHORT"]


# What happened, with what there is to know of it.
WhatDto: TypeAlias = WhatDto1 | WhatDto2 | WhatDto3 | WhatDto4 | WhatDto5 | WhatDto6 | WhatDto7 | WhatDto8 | WhatDto9 | WhatDto10


class LifeEventDto1(WhatDto1):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto2(WhatDto2):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto3(WhatDto3):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto4(WhatDto4):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto5(WhatDto5):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto6(WhatDto6):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto7(WhatDto7):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto8(WhatDto8):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto9(WhatDto9):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


class LifeEventDto10(WhatDto10):
    """Something that happened to an instrument or to an account's margin."""

    account: NotRequired[str | None]
    instrument: NotRequired[str | None]
    number: int
    sequence: int
    ts_event: str
    ts_event_ns: str


# Something that happened to an instrument or to an account's margin.
LifeEventDto: TypeAlias = LifeEventDto1 | LifeEventDto2 | LifeEventDto3 | LifeEventDto4 | LifeEventDto5 | LifeEventDto6 | LifeEventDto7 | LifeEventDto8 | LifeEventDto9 | LifeEventDto10


class LimitsDto(TypedDict):
    conduct: NotRequired[ConductDto]
    data: NotRequired[DataDto]
    duplicate_window_ns: NotRequired[str | None]
    escalation: NotRequired[EscalationDto]
    exposure: NotRequired[ExposureDto]
    loss: NotRequired[LossDto]
    max_messages: NotRequired[int | None]
    max_open_orders: NotRequired[int | None]
    max_order_notional: NotRequired[str | None]
    max_order_quantity: NotRequired[str | None]
    max_position: NotRequired[str | None]
    max_venue_messages: NotRequired[int | None]
    message_window_ns: NotRequired[str | None]
    price: NotRequired[PriceDto]
    scaling: NotRequired[ScalingDto]
    short: NotRequired[ShortDto]
    volume: NotRequired[VolumeDto]


class ListDto(TypedDict):
    """The orders of a list, in their order; `list` is `null` when our own risk gate refused it."""

    list: NotRequired[str | None]
    orders: list[OrderDto]


class ListRequest(TypedDict):
    """Body of `POST orders/lists`: `orders` or `bracket`."""

    bracket: NotRequired[BracketRequest | None]
    orders: NotRequired[list[OrderTicketRequest] | None]
    strategy: NotRequired[str | None]


class LiveDto(TypedDict):
    """Whether it lives."""

    reasons: list[str]
    status: str


class LoadStrategyRequest(TypedDict):
    """Body of `POST strategies` as JSON."""

    account: NotRequired[str | None]
    by: NotRequired[str | None]
    force: NotRequired[bool]
    name: str
    on_fault: NotRequired[OnFaultName]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: str
    start: NotRequired[bool]


class LocateDto(TypedDict):
    """How much of an instrument an account may be short, all its open orders filled, where `short.locate_required` binds."""

    account: str
    instrument: str
    quantity: Quantity


class LocateRequest(TypedDict):
    """Body of `PUT risk/locates`: replaces what was located; `0` is nothing."""

    account: str
    instrument: str
    quantity: Quantity


class LogLineDto(TypedDict):
    """A line of a strategy's log."""

    level: Name
    text: str
    time: str
    time_ns: str


class LoginRequest(TypedDict):
    """Body of `POST auth/login`."""

    name: str
    password: str


class LossDto(TypedDict):
    max_daily: NotRequired[str | None]
    max_drawdown: NotRequired[str | None]
    max_rolling: NotRequired[str | None]
    rolling_window_ns: NotRequired[str | None]


class MarketDataDto(TypedDict):
    """Market data that was handed to the engine since the process began."""

    bars: int
    books: int
    conflated: int
    last: NotRequired[str | None]
    last_ns: NotRequired[str | None]
    marks: int
    quotes: int
    trades: int
    waiting: int


class MeDto(TypedDict):
    """Who asks."""

    operations: list[str]
    roles: list[Literal["viewer", "operator", "author", "risk", "admin"]]
    user: str


class MetricsDto(TypedDict):
    """The metrics of some scopes at one engine time."""

    horizon_ns: NotRequired[str | None]
    sample_period_ns: NotRequired[str | None]
    scopes: list[ScopeMetricsDto]
    skipped: int
    time: NotRequired[str | None]
    time_ns: NotRequired[str | None]


class MetricsRequest(TypedDict):
    """Body of `POST risk/metrics`."""

    scope: NotRequired[str | None]


class ModelFaultDto(FaultDto):
    """A model that broke, or answered what it was not offered."""

    instrument: str
    model: Name


# A moment after 1970, in UTC or with an offset, to the nanosecond.
Moment: TypeAlias = str


# An exact amount of money, as a string.
Money: TypeAlias = str


class MoreDto(TypedDict):
    """What a component says of itself, beyond its name."""

    authors: NotRequired[str | None]
    documentation: str
    fuel: NotRequired[FuelDto | None]
    imports: list[str]
    limits: dict[str, int]
    options: list[str]
    parameters: list[ParameterDto]


# One of some names in capitals.
Name: TypeAlias = str


class NamesDto(TypedDict):
    """Names in one list only."""

    added: list[str]
    removed: list[str]


class NewKeyDto(TypedDict):
    """A key and its text, which is told this once."""

    key: KeyDto
    secret: str


class NotificationDto(TypedDict):
    """A route."""

    dropped: int
    failed: int
    hushed: int
    last_error: NotRequired[str | None]
    last_sent: NotRequired[str | None]
    last_sent_ns: NotRequired[str | None]
    route: str
    sent: int
    sink: str
    state: Name
    waiting: int


class NotificationsHealthDto(TypedDict):
    """All routes in a few numbers."""

    dropped: int
    failed: int
    failing: list[str]
    missed_updates: int
    waiting: int


class OffsetDto(TypedDict):
    """A distance from a price."""

    offset: str
    unit: UnitName


class OffsetRequest(TypedDict):
    """A distance from a price."""

    offset: Decimal
    unit: UnitName


# What becomes of open orders, and of positions, when the strategy breaks.
OnFaultName: TypeAlias = Literal["CANCEL", "KEEP", "FLATTEN"]


class PricesDto(TypedDict):
    """The type of an order, and its prices as they are now."""

    limit_offset: NotRequired[OffsetDto | None]
    price: NotRequired[str | None]
    trail: NotRequired[TrailDto | None]
    trigger: NotRequired[str | None]
    trigger_by: NotRequired[TriggerByName | None]
    trigger_now: NotRequired[str | None]
    type: KindName


class TermsDto(TypedDict):
    """What most orders do not need, and the order's place in its list."""

    display: NotRequired[str | None]
    group: NotRequired[int | None]
    hold: NotRequired[HoldDto | None]
    intent: int
    list: NotRequired[str | None]
    parent: NotRequired[int | None]
    position: NotRequired[str | None]
    post_only: bool
    quote_quantity: bool
    reduce_only: bool
    rule: NotRequired[RuleName | None]
    tag: NotRequired[str | None]


class OrderDto(PricesDto, TermsDto):
    """An order with everything that was asked for. `deny_code` is set when our own risk gate refused it, and `deny_reason` says why: where a custom rule or an algorithm did, in its own words."""

    account: str
    algorithm: NotRequired[str | None]
    average_price: NotRequired[str | None]
    children: NotRequired[list[str] | None]
    deny_code: NotRequired[str | None]
    deny_reason: NotRequired[str | None]
    expires: NotRequired[str | None]
    expires_ns: NotRequired[str | None]
    filled: str
    id: str
    instrument: str
    parent_order: NotRequired[str | None]
    pending: NotRequired[Name | None]
    quantity: str
    remaining: str
    side: SideName
    status: Name
    strategy: str
    time_in_force: TimeInForceName
    ts_created: str
    ts_created_ns: str


class OrderTicketRequest(TypedDict):
    """Body of `POST orders`, and one order of a list. `parent`, `group` and `rule` are for lists only."""

    algorithm: NotRequired[AlgorithmCallRequest | None]
    display: NotRequired[Quantity | None]
    expires: NotRequired[Moment | None]
    group: NotRequired[int | None]
    hold: NotRequired[HoldRequest | None]
    instrument: NotRequired[str | None]
    intent: NotRequired[int]
    limit_offset: NotRequired[OffsetRequest | None]
    parent: NotRequired[int | None]
    position: NotRequired[str | None]
    post_only: NotRequired[bool]
    price: NotRequired[Decimal | None]
    quantity: NotRequired[Quantity | None]
    quote_quantity: NotRequired[bool]
    reduce_only: NotRequired[bool | None]
    rule: NotRequired[RuleName | None]
    side: NotRequired[SideName | None]
    strategy: NotRequired[str | None]
    tag: NotRequired[str]
    time_in_force: NotRequired[TimeInForceName]
    trail: NotRequired[TrailRequest | None]
    trigger: NotRequired[Decimal | None]
    trigger_by: NotRequired[TriggerByName | None]
    type: KindName


class OutsideDifferenceDto(TypedDict):
    """A position that differs from the venue's."""

    instrument: str
    ours: str
    theirs: str


class OutsideDto(TypedDict):
    """How things stand with a venue outside."""

    accounts: list[StandingDto]
    connected: bool
    in_doubt: list[str]
    in_doubt_count: int
    refusals: list[OutsideRefusalDto]
    ruled: dict[str, int]
    since: NotRequired[str | None]
    since_ns: NotRequired[str | None]
    taken_back: list[TakenBackDto]


class OutsideRefusalDto(TypedDict):
    """What a venue refused, in its words."""

    order: str
    reason: str
    time: str
    time_ns: str


class ParameterChangeDto(TypedDict):
    """A parameter that changed; `null` before for a new one, after for one that is gone."""

    after: NotRequired[ParameterDto | None]
    before: NotRequired[ParameterDto | None]
    name: str


class ParameterDto(TypedDict):
    """A parameter."""

    default: NotRequired[str | None]
    documentation: str
    kind: str
    maximum: NotRequired[str | None]
    minimum: NotRequired[str | None]
    name: str


# A parameter's value; numbers and truth values are taken as text.
ParameterValue: TypeAlias = str | float | bool


class ParametersRequest(TypedDict):
    """Body of `PUT strategies/{name}/parameters`."""

    parameters: dict[str, ParameterValue]
    probation: NotRequired[ProbationRequest | None]


class PasswordRequest(TypedDict):
    """Body of `POST auth/password`."""

    new: str
    old: str


class PerformanceDto(TypedDict):
    """What a strategy made in a period, in quote currencies: nothing is converted, for nobody keeps what rates were."""

    currencies: list[CurrencyFiguresDto]
    instruments: list[InstrumentFiguresDto]
    sequence: int
    strategy: str


class PipelineDto(TypedDict):
    """A pipeline."""

    error: NotRequired[str | None]
    file: str
    latest: NotRequired[RunDto | None]
    stages: list[Name]
    strategy: str


class PipelineStateDto(TypedDict):
    """Where the latest run is, with its strategy."""

    plugin: str
    run: int
    stage: Name
    state: Name
    time: str
    time_ns: str
    verdict: str


class PlaceDto(TypedDict):
    """A place in a plugin's source."""

    file: str
    line: int


class PluginDto(TypedDict):
    """A plugin in a list."""

    hash: str
    kept: bool
    name: str
    quarantined: bool
    signed_by: NotRequired[str | None]
    size_bytes: int
    state: Name
    time: str
    time_ns: str
    used_by: list[PluginUserDto]
    version: str
    world: str


class PluginDetailDto(PluginDto, MoreDto):
    """All that is known of a plugin."""

    acts: list[ActDto]
    faults: list[FaultNoteDto]
    quarantine: NotRequired[QuarantineDto | None]
    refusal: NotRequired[PluginRefusalDto | None]
    signature: NotRequired[SignatureDto | None]
    source: SourceDto
    uses: list[UseDto]


class PluginDifferenceDto(TypedDict):
    """How a plugin differs from another. What did not change is `null` or empty."""

    authors: NotRequired[AuthorsChangeDto | None]
    fuel: FuelChangeDto
    imports: NamesDto
    name: NotRequired[TextChangeDto | None]
    options: NamesDto
    order: Name
    parameters: list[ParameterChangeDto]
    same: bool
    size_bytes: SizeChangeDto
    version: NotRequired[TextChangeDto | None]
    world: NotRequired[TextChangeDto | None]


class PluginHistoryDto(TypedDict):
    """What was done with a plugin, and what ran it."""

    acts: list[ActDto]
    runs: NotRequired[list[PluginRunDto] | None]
    runs_unavailable: NotRequired[str | None]
    uses: list[UseDto]


class PluginRefusalDto(TypedDict):
    """Why a plugin may not run."""

    code: str
    detail: str


PluginRunDto = TypedDict("PluginRunDto", {
    "ended_by": NotRequired["Name | None"],
    "from": "int",
    "from_time": "str",
    "from_time_ns": "str",
    "strategy": "str",
    "to": NotRequired["int | None"],
    "to_time": NotRequired["str | None"],
    "to_time_ns": NotRequired["str | None"],
})


class PluginUserDto(TypedDict):
    """Who has a plugin."""

    name: str
    role: str


class PortfolioDto(TypedDict):
    """What is held at one moment. What cannot be told for lack of a price or a rate is `null`, and what lacks it stands in `unpriced` and `unconverted`."""

    accounts: list[AccountWorthDto]
    instruments: list[InstrumentSumsDto]
    sequence: int
    strategies: list[StrategySumsDto]
    time: str
    time_ns: str
    totals: list[WorthDto]


class PositionDto(TypedDict):
    """A position; money is in `currency`."""

    average_price: NotRequired[str | None]
    change: Name
    currency: NotRequired[str | None]
    fees: str
    instrument: str
    open_cost: str
    position: NotRequired[str | None]
    quantity: str
    realized: str
    side: Name
    strategy: str
    ts_event: str
    ts_event_ns: str
    unrealized: NotRequired[str | None]


# An exact price above nothing, as a string.
Price: TypeAlias = str


class PriceDto(TypedDict):
    drift_window_ns: NotRequired[str | None]
    max_distance: NotRequired[str | None]
    max_drift: NotRequired[str | None]


class PricesRequest(TypedDict):
    """`PATCH instruments/{symbol}/prices`; one of the two at least. What is left out stays."""

    index: NotRequired[Price | None]
    mark: NotRequired[Price | None]


class ProbationDto(TypedDict):
    """A version that is watched."""

    before: NotRequired[StrategyPluginDto | None]
    canary: NotRequired[CanaryDto | None]
    max_denials: NotRequired[int | None]
    max_denied_percent: NotRequired[int | None]
    max_drawdown: NotRequired[str | None]
    max_faults: int
    max_loss: NotRequired[str | None]
    since: str
    since_ns: str
    until: str
    until_ns: str


class ProbationRequest(TypedDict):
    """What operators say of it."""

    for_ns: ProbationTime
    max_denials: NotRequired[int | None]
    max_denied_percent: NotRequired[int | None]
    max_drawdown: NotRequired[str | None]
    max_faults: NotRequired[int]
    max_loss: NotRequired[str | None]


# Nanoseconds: more than 0 and at most 92 days.
ProbationTime: TypeAlias = str


class Problem(TypedDict):
    """Why a request was refused (RFC 9457)."""

    code: Literal["AUDIT_FAILED", "BUSY", "CATALOG_UNAVAILABLE", "CHANGE_DENIED", "CONFLICT", "FIELDS_DISAGREE", "FORBIDDEN", "FORBIDDEN_ADDRESS", "FORBIDDEN_HOST", "FORBIDDEN_ORIGIN", "FULL", "IDEMPOTENCY_ANSWER_NOT_KEPT", "IDEMPOTENCY_KEY_IN_USE", "IDEMPOTENCY_KEY_MISSING", "IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_OUTCOME_UNKNOWN", "IDENTITY_OFF", "INTERNAL", "INVALID_FIELD", "INVALID_HEADER", "INVALID_PATH", "INVALID_QUERY", "LOCKED", "MALFORMED_BODY", "MALFORMED_JSON", "METHOD_NOT_ALLOWED", "NOT_A_WEBSOCKET", "NOT_FOUND", "NOT_KEPT", "NOT_PERMITTED", "NOT_RUNNING", "NOT_SENT", "NOT_STORED", "NO_CATALOG", "NO_STORE", "PAYLOAD_TOO_LARGE", "PLUGIN_AMBIGUOUS", "PLUGIN_DOWNGRADE", "PLUGIN_HELD_BACK", "PLUGIN_IN_USE", "PLUGIN_KEY_REVOKED", "PLUGIN_KEY_UNKNOWN", "PLUGIN_NOT_APPROVED", "PLUGIN_QUARANTINED", "PLUGIN_REFUSED", "PLUGIN_REVOKED", "PLUGIN_SIGNATURE_MALFORMED", "PLUGIN_SIGNATURE_OLD", "PLUGIN_SIGNATURE_WRONG", "PLUGIN_STATE", "PLUGIN_UNKNOWN", "PLUGIN_UNSIGNED", "PLUGIN_VERSION_UNORDERED", "PRECONDITION_FAILED", "PRECONDITION_REQUIRED", "REFRESH_REUSED", "REGISTRY_DISK", "REGISTRY_FULL", "STALE", "STORE_UNAVAILABLE", "TIMEOUT", "TOO_MANY", "UNAUTHENTICATED", "UNKNOWN_SUBPROTOCOL", "UNSUPPORTED_MEDIA_TYPE", "WRONG_CREDENTIALS"]
    deny_code: NotRequired[str]
    detail: str
    field: NotRequired[str]
    stage: NotRequired[str]
    status: int
    title: str
    trace_id: NotRequired[str]
    type: str


class ProcessDto(TypedDict):
    """What the process takes of the machine; `null` is what the system does not tell."""

    memory_bytes: NotRequired[int | None]
    most_files: NotRequired[int | None]
    open_files: NotRequired[int | None]
    processor_time_ns: NotRequired[str | None]
    threads: NotRequired[int | None]


class PromoteRequest(TypedDict):
    """Body of `POST strategies/{name}/shadow/promote` and `canary/promote`, where there is one."""

    plugin: NotRequired[str | None]
    probation: NotRequired[ProbationRequest | None]


# An exact amount of an instrument, as a string.
Quantity: TypeAlias = str


class QuarantineDto(TypedDict):
    """Why a plugin may not run until somebody releases it."""

    reason: str
    time: str
    time_ns: str


class QueueDto(TypedDict):
    """A queue."""

    bound: int
    waiting: int


class QueuesDto(TypedDict):
    """What waits, and how much of it may."""

    commands: QueueDto
    market: QueueDto
    projection: QueueDto


class QuoteDto(TypedDict):
    """The best bid and ask."""

    ask: str
    ask_size: NotRequired[str | None]
    bid: str
    bid_size: NotRequired[str | None]
    instrument: str
    ts_event: str
    ts_event_ns: str
    ts_init: str
    ts_init_ns: str


class ReadyDto(TypedDict):
    """Whether it is ready."""

    reasons: list[str]
    status: str
    warnings: list[str]


class ReasonRequest(TypedDict):
    """Body of `POST plugins/{plugin}/revoke` and `release`, which need no force."""

    by: NotRequired[str | None]
    reason: NotRequired[str | None]


class RecordDto(TypedDict):
    """A record of the log."""

    action: str
    actor: str
    after: NotRequired[Any]
    approval: NotRequired[str | None]
    before: NotRequired[Any]
    confirmed_by: NotRequired[str | None]
    number: int
    outcome: str
    place: str
    request: str
    subject: str
    time: str


class RegimeDto(TypedDict):
    """A regime."""

    factor: str
    regime: str


class RegimeRequest(TypedDict):
    """Body of `PUT risk/regime`."""

    regime: str
    scope: str


class RegimesDto(TypedDict):
    """All regimes, and which scopes are in one."""

    regimes: list[RegimeDto]
    scopes: list[ScopeRegimeDto]


class ReleasedDto(TypedDict):
    """Answer to a release."""

    plugin: PluginDetailDto
    strategies: list[str]


class RestartDto(TypedDict):
    """How far the restart of a strategy is."""

    attempt: int
    due_ns: NotRequired[str | None]
    of: int
    outcome: Name
    reason: NotRequired[str | None]
    time: str
    time_ns: str


class RetentionDto(TypedDict):
    """What is kept of the journal."""

    error: NotRequired[str | None]
    first_sequence: int
    held_by: NotRequired[str | None]


class RevokedDto(TypedDict):
    """Answer to a revocation."""

    paused: list[str]
    plugin: PluginDetailDto


RollBackDto = TypedDict("RollBackDto", {
    "from": NotRequired["StrategyPluginDto | None"],
    "reason": "str",
    "sequence": "int",
    "time": "str",
    "time_ns": "str",
})


class RuleDto(TypedDict):
    """A custom pre-trade rule."""

    name: str
    parameters: dict[str, str]
    plugin: str
    scope: str


# What an order of a group does to the others: OCO cancels them, OUO shrinks them by what it fills.
RuleName: TypeAlias = Literal["OCO", "OUO"]


class RuleRequestDto(TypedDict):
    """Body of `PUT risk/rules/{name}`."""

    by: NotRequired[str | None]
    force: NotRequired[bool]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: str
    scope: NotRequired[str]


class RunApprovalDto(TypedDict):
    """Somebody who said yes."""

    by: str
    reason: NotRequired[str | None]
    time: str
    time_ns: str


class RunDto(TypedDict):
    """A version on its way."""

    approvals: list[RunApprovalDto]
    began: str
    began_ns: str
    by: str
    ended: NotRequired[str | None]
    ended_ns: NotRequired[str | None]
    force: bool
    id: int
    parameters: dict[str, str]
    plugin: str
    progress: float
    stage: NotRequired[Name | None]
    stages: list[StepDto]
    state: Name
    strategy: str
    title: str
    verdict: str


class SaidRequest(TypedDict):
    """Body of what people say about a run."""

    by: str
    reason: NotRequired[str | None]


class SavedDto(TypedDict):
    """Saved state, without its bytes."""

    bytes: int
    version: int


class ScalingDto(TypedDict):
    calm_volatility: NotRequired[str | None]
    drawdown_from: NotRequired[str | None]
    volatility_window_ns: NotRequired[str | None]


class ScenarioDto(TypedDict):
    """A scenario."""

    name: str
    shocks: NotRequired[list[ShockDto] | None]
    window: NotRequired[WindowDto | None]


class ScenarioProfitDto(TypedDict):
    """What something would gain."""

    name: str
    profit: NotRequired[float | None]


class ScenarioRequest(TypedDict):
    """Body of `PUT risk/scenarios/{name}`: shocks, a window or history."""

    history: NotRequired[HistoryDto | None]
    shocks: NotRequired[list[ShockDto] | None]
    window: NotRequired[WindowDto | None]


class ScenarioResultDto(TypedDict):
    """What a scenario would do to today's holdings; amounts are in `currency`."""

    accounts: list[ScenarioProfitDto]
    balances: NotRequired[float | None]
    currency: str
    instruments: list[ScenarioProfitDto]
    profit: NotRequired[float | None]
    scenario: str
    strategies: list[ScenarioProfitDto]
    stressed_value_at_risk: NotRequired[float | None]
    time: str
    time_ns: str
    unavailable: dict[str, str]
    value_at_risk: NotRequired[float | None]
    worst: NotRequired[float | None]


class ScopeDto(TypedDict):
    """Whether orders under a scope may leave."""

    killed: bool
    scope: str
    state: Name


class ScopeLimitsDto(TypedDict):
    """The limits of a scope."""

    factor: str
    limits: LimitsDto
    regime: NotRequired[str | None]
    scope: str


class ScopeMetricsDto(TypedDict):
    """The metrics of a scope; amounts are in `currency`."""

    beta: NotRequired[float | None]
    beta_exposure: NotRequired[float | None]
    components: list[ComponentDto]
    concentration: NotRequired[float | None]
    currencies: list[CurrencyExposureDto]
    currency: str
    drawdown: DrawdownDto
    equity: NotRequired[float | None]
    exposure: NotRequired[HeldExposureDto | None]
    five_largest_share: NotRequired[float | None]
    instruments: list[InstrumentExposureDto]
    largest_share: NotRequired[float | None]
    leverage: NotRequired[float | None]
    liquidity_days: NotRequired[float | None]
    returns: int
    scope: str
    sectors: list[SectorExposureDto]
    tails: list[TailDto]
    unavailable: dict[str, str]


class ScopeRegimeDto(TypedDict):
    """A scope in a regime."""

    regime: str
    scope: str


class SectorExposureDto(HeldExposureDto):
    """What is held of a sector; `null` for instruments without one."""

    sector: NotRequired[str | None]


class ShadowDifferenceDto(TypedDict):
    """A difference."""

    kind: Name
    number: int
    running: NotRequired[WantedDto | None]
    shadow: NotRequired[WantedDto | None]
    time: str
    time_ns: str


class ShadowDto(TypedDict):
    """A shadow that trades, as it is shown with its strategy."""

    begun_at: int
    hand_over: HandOverName
    plugin: StrategyPluginDto
    since: str
    since_ns: str


class ShadowProfitDto(TypedDict):
    """What positions brought, in the account's base currency."""

    currency: NotRequired[str | None]
    fees: str
    net: NotRequired[str | None]
    open: str
    realized: str


class ShadowReportDto(ShadowDto):
    """How far the two versions agree."""

    first: list[ShadowDifferenceDto]
    inputs: int
    latest: list[ShadowDifferenceDto]
    matched: int
    only_running: int
    only_shadow: int
    open: int
    other_terms: int
    reason: NotRequired[str | None]
    running: SideDto
    shadow: SideDto
    state: Name
    strategy: str
    time: str
    time_ns: str
    tolerance_ns: str
    verdict: str
    waiting: int


class ShadowStrategyRequest(TypedDict):
    """Body of `POST strategies/{name}/shadow` as JSON."""

    by: NotRequired[str | None]
    force: NotRequired[bool]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: NotRequired[str | None]
    state: NotRequired[HandOverName]
    tolerance_ns: NotRequired[WholeNumber | None]


class ShockDto(TypedDict):
    """A shock."""

    price: NotRequired[Change | None]
    target: str
    volatility: NotRequired[Change | None]


class ShortDto(TypedDict):
    day_trade_days: NotRequired[int | None]
    locate_required: NotRequired[bool | None]
    max_day_trades: NotRequired[int | None]
    no_short_sale: NotRequired[bool | None]


class SideDto(TypedDict):
    """What one version did since the shadow began."""

    cancels: int
    changes: int
    denied: int
    faults: int
    fills: int
    handling: HandlingDto
    orders: int
    positions: list[HeldDto]
    profit: NotRequired[ShadowProfitDto | None]


# Buy or sell.
SideName: TypeAlias = Literal["BUY", "SELL"]


class SignalRequest(TypedDict):
    """Body of `POST strategies/{name}/signals`."""

    id: str
    name: str
    values: NotRequired[dict[str, str]]


class SignatureDto(TypedDict):
    """Who signed."""

    comment: str
    key: str
    key_id: NotRequired[str | None]


class SizeChangeDto(TypedDict):
    """How large it is, in bytes, before and after."""

    after: int
    before: int


class SourceDtoFields(TypedDict):
    file: str


# How a plugin came in.
SourceDto: TypeAlias = Literal["upload"] | SourceDtoFields


class SourcesDto(TypedDict):
    """All sources."""

    feed: NotRequired[FeedDto | None]
    gateways: list[GatewayDto]
    ignored: int
    market_data: MarketDataDto


class SpreadDto(TypedDict):
    """How something is spread over events."""

    max: int
    p50: int
    p99: int


class StandingDto(TypedDict):
    """Whether an account agrees with its venue."""

    account: str
    compared: NotRequired[str | None]
    compared_ns: NotRequired[str | None]
    differences: list[OutsideDifferenceDto]
    since: str
    since_ns: str
    standing: Name


class StateRequest(TypedDict):
    """Body of `PUT risk/states/{scope}`."""

    state: TradingStateName


# What a venue says of an instrument, as requests name it.
StatusName: TypeAlias = Literal["HALTED", "TRADING"]


class StatusRequest(TypedDict):
    """`PUT instruments/{symbol}/status`."""

    status: StatusName


class StepDto(TypedDict):
    """One stage of it."""

    began: NotRequired[str | None]
    began_ns: NotRequired[str | None]
    criteria: list[CriterionDto]
    ended: NotRequired[str | None]
    ended_ns: NotRequired[str | None]
    progress: float
    stage: Name
    state: Name
    verdict: str


class StoreDto(TypedDict):
    """How the store stands."""

    error: NotRequired[str | None]
    kept: KeptDto
    sequence: int
    state: Name


class StrategyDto(TypedDict):
    """A strategy. Its log and older faults have routes of their own."""

    account: str
    fault_count: int
    id: int
    last_build: NotRequired[BuildDto | None]
    last_fault: NotRequired[FaultDto | None]
    last_roll_back: NotRequired[RollBackDto | None]
    manual: bool
    name: str
    pipeline: NotRequired[PipelineStateDto | None]
    plugin: NotRequired[StrategyPluginDto | None]
    probation: NotRequired[ProbationDto | None]
    restart: NotRequired[RestartDto | None]
    saved_at_ns: NotRequired[str | None]
    shadow: NotRequired[ShadowDto | None]
    state: Name
    swap: NotRequired[str | None]


class StrategyPluginDto(TypedDict):
    """A plugin."""

    hash: str
    name: str
    parameters: dict[str, str]
    version: str


class StrategySumsDto(SumsDto):
    """What a strategy's positions come to."""

    strategy: str


class SwapReportDto(TypedDict):
    """What a swap did."""

    begun_at: int
    caught_up: int
    committed_at: int
    strategy: StrategyDto
    switch_ns: str
    total_ns: str


class SwapStrategyRequest(TypedDict):
    """Body of `POST strategies/{name}/swap` as JSON."""

    by: NotRequired[str | None]
    force: NotRequired[bool]
    parameters: NotRequired[dict[str, ParameterValue]]
    plugin: NotRequired[str | None]
    probation: NotRequired[ProbationRequest | None]
    start: NotRequired[bool]
    state: NotRequired[HandOverName]


class SystemDto(TypedDict):
    """The process as a whole."""

    build: BuildOfHostDto
    engine_quiet_ns: str
    features: FeaturesDto
    health: HealthDto
    journal: NotRequired[JournalDto | None]
    process: ProcessDto
    queues: QueuesDto
    run: str
    started: str
    started_ns: str
    uptime_ns: str
    version: str


class TailDto(TypedDict):
    """Losses at one confidence."""

    confidence: str
    historical: NotRequired[float | None]
    historical_shortfall: NotRequired[float | None]
    normal: NotRequired[float | None]
    normal_shortfall: NotRequired[float | None]
    simulated: NotRequired[float | None]
    simulated_shortfall: NotRequired[float | None]


class TakenBackDto(TypedDict):
    """An execution that a venue took back."""

    fill: FillDto
    time: str
    time_ns: str


class TestedDto(TypedDict):
    """A route that was tried."""

    route: str
    sent: bool


class TextChangeDto(TypedDict):
    """A text before and after."""

    after: str
    before: str


class TicketDto(TypedDict):
    """A ticket for `/ws`."""

    ticket: str


# How long an order lives.
TimeInForceName: TypeAlias = Literal["GTC", "IOC", "FOK", "DAY", "GTD", "AT_THE_OPEN", "AT_THE_CLOSE"]


class TimeSpreadDto(TypedDict):
    """The same of lengths of time, in nanoseconds."""

    max: str
    p50: str
    p99: str


class TradingHoursDto(TypedDict):
    """A daily session, in UTC. A close at or before the open is the next day's."""

    close: str
    days: list[Name]
    open: str


# A trading state as requests name it.
TradingStateName: TypeAlias = Literal["ACTIVE", "REDUCING", "HALTED"]


class TradingStateRequest(TypedDict):
    """Body of `POST engine/trading-state`."""

    state: TradingStateName


class TrailDto(OffsetDto):
    """How a stop follows the market."""

    activation: NotRequired[str | None]


class TrailRequest(TypedDict):
    """How a stop follows the market."""

    activation: NotRequired[Decimal | None]
    offset: Decimal
    unit: UnitName


# Which price a trigger watches.
TriggerByName: TypeAlias = Literal["BID_ASK", "LAST", "MID", "MARK", "INDEX"]


# In what an offset is counted.
UnitName: TypeAlias = Literal["PRICE", "BASIS_POINTS", "TICKS"]


class UseDto(TypedDict):
    """Where a plugin was put to use."""

    journal: str
    name: str
    role: str
    time: str
    time_ns: str


class UserDto(TypedDict):
    """A person."""

    created: str
    desk: DeskDto
    disabled: bool
    has_password: bool
    invited_until: NotRequired[str | None]
    name: str
    networks: list[str]
    roles: list[Literal["viewer", "operator", "author", "risk", "admin"]]
    version: int


class UserSessionDto(TypedDict):
    """A session."""

    address: str
    created: str
    expires: str
    id: str
    used: str
    user: str


class VenueDto(TypedDict):
    """A venue. Models are of simulated ones alone."""

    fee: FeeModelDto
    fill: FillModelDto
    lacks: list[KindName]
    latency: LatencyModelDto
    model_faults: list[ModelFaultDto]
    name: str
    outside: NotRequired[OutsideDto | None]
    self_match: str


class VolumeDto(TypedDict):
    max_book_share: NotRequired[str | None]
    max_day_share: NotRequired[str | None]
    max_depth_share: NotRequired[str | None]


class WantedDto(PricesDto):
    """An order that a version wanted."""

    deny_code: NotRequired[str | None]
    id: str
    instrument: str
    quantity: str
    side: SideName
    time: str
    time_in_force: TimeInForceName
    time_ns: str


# What becomes of a canary when its time is over.
WhenOverName: TypeAlias = Literal["ROLL_BACK", "PROMOTE"]


# A whole number below 2^64.
WholeNumber: TypeAlias = str


WindowDto = TypedDict("WindowDto", {
    "from": "Moment",
    "to": "Moment",
})
