// Made by examples/clients/generate.py of docs/asyncapi.json; not to be edited.

/** An account with its balances. */
export type Account = {
  balances: Balance[];
  base_currency: string | null;
  /** What the several positions of a hedging account put up margin for; `null` where it nets them. */
  hedging: string | null;
  leverage: string | null;
  /** `null` while nobody ever called it. */
  margin: AccountMargin | null;
  name: string;
  type: string;
  /** `null` where no instrument names the venue. */
  venue: string | null;
};

/** How an account stood with its margin when that last changed, in its base currency. */
export type AccountMargin = {
  equity: string;
  maintenance: string;
  since: string;
  state: string;
};

/** What an account is worth, in `currency`. */
export type AccountWorth = {
  account: string;
  /** Balances of all currencies. */
  cash: string | null;
  currency: string;
  fees: string | null;
  /** Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another. */
  gross_exposure: string | null;
  /** Gross exposure over net worth, a statistic; `null` where that is not above zero. */
  leverage: number | null;
  /** Values at the marks, shorts negative. */
  net_exposure: string | null;
  /** `cash` and `positions_value`. */
  net_worth: string | null;
  /** What positions are worth beyond the balances: in a margin account the profit of what is open, in a cash account the value of what it owns and what is no balance. */
  positions_value: string | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized: string | null;
  /** Currencies of which something is part of it and for which there is no rate. */
  unconverted: string[];
  /** Symbols that are held and have no price. */
  unpriced: string[];
  /** Profit of what is open, at the marks. */
  unrealized: string | null;
};

/** A request was done. */
export type Ack = {
  channel: Channel;
  /** That of the request. */
  id: number | null;
  instrument: string | null;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  op: "subscribe" | "unsubscribe";
  /** Whether what was missed follows instead of a snapshot. */
  resumed: boolean;
  type: "ack";
};

/** What somebody should look at. */
export type Alert = {
  acknowledged_by: string | null;
  /** Of a control such as `P18`, or of a metric such as `LEVERAGE`. */
  code: string;
  /** How often it was raised. */
  count: number;
  escalations: number;
  first_time: string;
  first_time_ns: string;
  id: number;
  last_time: string;
  last_time_ns: string;
  /** The control's or metric's name. */
  name: string;
  /** How bad it was said to be last. */
  raised_severity: string;
  scope: string;
  /** The input that raised it last; zero for metrics. */
  sequence: number;
  /** Escalation included. */
  severity: string;
  /** How much of the limit is used. */
  share: string;
  state: string;
};

/** A request for a second person. */
export type Approval = {
  asked: string;
  asked_by: string;
  decided_by: string | null;
  /** Until when it may be decided and used; that this is over is not told. */
  expires: string;
  id: string;
  operation: string;
  /** The query, a line break, and the body. */
  request: string;
  state: "OPEN" | "CONFIRMED" | "REFUSED" | "USED" | "VOID";
  subject: string;
};

/** Where identity is on, the first message; one of the two. */
export type Authenticate = {
  op: "authenticate";
  /** Of `POST /api/v1/auth/ticket`. */
  ticket?: string;
  /** An access token or an API key. */
  token?: string;
};

/** Money of one currency: `total = locked + free`. */
export type Balance = {
  currency: string;
  free: string | null;
  locked: string;
  total: string;
};

/** A balance after a change. */
export type BalanceUpdate = {
  account: string;
  currency: string;
  free: string | null;
  locked: string;
  total: string;
};

/** A finished bar. */
export type Bar = {
  close: string;
  high: string;
  instrument: string;
  low: string;
  open: string;
  spec: BarSpec;
  ts_event: string;
  ts_event_ns: string;
  ts_open: string;
  ts_open_ns: string;
  volume: string;
};

/** The rule that made a bar: `step` is nanoseconds, events or an amount. */
export type BarSpec = {
  basis: string;
  method: string;
  step: string;
};

/** The best levels of an order book. */
export type Book = {
  /** The lowest price first. */
  asks: Level[];
  /** The highest price first. */
  bids: Level[];
  instrument: string;
  /** Whether it is known; where it was lost there are no levels and no times. */
  known: boolean;
  ts_event: string | null;
  ts_event_ns: string | null;
  ts_init: string | null;
  ts_init_ns: string | null;
};

/** A plugin file that changed, or was found. */
export type Build = {
  /** As the configuration names it. */
  file: string;
  outcome: string;
  /** The SHA-256 of the component in it. */
  plugin: string | null;
  reason: string | null;
  /** The stage that refused it, or the code of the refusal. */
  stage: string | null;
  time: string;
  time_ns: string;
};

/** The last message: the connection closes. */
export type Bye = {
  /** TOO_SLOW: more waited for the reader than may. OVERRUN: updates of a complete channel were lost in the host. TOO_MANY_ERRORS: ten malformed messages. TOO_LARGE: a message that is malformed on the wire or larger than 64 KiB. TOO_MANY: more messages than may be sent. BUSY: as many clients read as may. UNAUTHENTICATED: the first message does not say who it is of, or the session or key is over. SHUTDOWN: the host is stopping. INTERNAL: a message could not be written. */
  code: "TOO_SLOW" | "OVERRUN" | "TOO_MANY_ERRORS" | "TOO_LARGE" | "TOO_MANY" | "BUSY" | "UNAUTHENTICATED" | "SHUTDOWN" | "INTERNAL";
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  reason: string;
  type: "bye";
};

/** What a canary has. */
export type Canary = {
  /** Symbols; all other instruments are those of the version before. */
  instruments: string[];
  when_over: string;
};

/** Money that came or left without a trade, as the host shows it. */
export type CashFlowView = {
  account: string;
  /** Negative when it was paid. */
  amount: string;
  currency: string | null;
  instrument: string | null;
  /** Counts up from 1 since the host began to show them. */
  number: number;
  reason: string;
  /** The input that moved it. */
  sequence: number;
  /** Whose position it is about; `null` for a conversion. */
  strategy: string | null;
  ts_event: string;
  ts_event_ns: string;
};

/** What can be subscribed to; `x-channels` says what each carries. */
export type Channel = "quotes" | "bars" | "orders" | "fills" | "positions" | "strategies" | "accounts" | "engine" | "risk" | "metrics" | "alerts" | "venues" | "cash_flows" | "life_events" | "pipelines" | "audit" | "approvals" | "book" | "portfolio" | "jobs";

/** What an instrument adds to the normal value at risk at the highest confidence. */
export type Component = {
  instrument: string;
  value_at_risk: number;
};

/** What is held of a currency. */
export type CurrencyExposure = {
  currency: string;
  gross: number;
  long: number;
  net: number;
  short: number;
};

/** A constant, and what is drawn on top of it; `null` where nothing is. */
export type Delay = {
  constant_ns: string;
  drawn: Drawn | null;
};

/** The same by itself. */
export type Deployment = {
  plugin: string;
  run: number;
  stage: string;
  state: string;
  strategy: string;
  time: string;
  time_ns: string;
  verdict: string;
};

/** A position that differs from the venue's. */
export type Difference = {
  instrument: string;
  ours: string;
  theirs: string;
};

/** How far below its best. */
export type Drawdown = {
  current: number | null;
  current_share: number | null;
  max: number | null;
  max_share: number | null;
};

/** A distribution by three of its quantiles. */
export type Drawn = {
  least_ns: string;
  median_ns: string;
  most_ns: string;
};

/** The engine in a few numbers. */
export type Engine = {
  ignored: number;
  killed: boolean;
  run: string;
  sequence: number;
  state: string;
  time: string;
  time_ns: string;
  trading_state: string;
  version: string;
};

/** A request was refused. */
export type Error = {
  /** INVALID_FIELD: a value cannot be used; `field` names it. MALFORMED_JSON, MALFORMED_MESSAGEPACK: it could not be read. TOO_MANY_SUBSCRIPTIONS: there are 64 already. IDENTITY_OFF: nobody is known here, so there is no `audit` and no `approvals`. NOT_TOLD_HERE: this is a process beside the host, which does not have `jobs`. FORBIDDEN: it takes a role that the client has not, or has no more; then without an `id`, and the channel is over. AUDIT_FAILED: the log cannot be read, and the channel is over. */
  code: string;
  /** A JSON pointer into the request. */
  field: string | null;
  /** That of the request. */
  id: number | null;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  reason: string;
  type: "error";
};

/** What is held. */
export type Exposure = {
  gross: number;
  long: number;
  net: number;
  short: number;
};

/** A fault. */
export type Fault = {
  kind: string;
  message: string;
  /** Engine sequence of the input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
};

/** What fills cost; `SCHEDULED` is what the instruments' `fees` say. */
export type FeeModel = {
  model: string;
};

/** An execution. */
export type Fill = {
  account: string;
  execution: string;
  fee: string;
  fee_currency: string | null;
  instrument: string;
  liquidity: string;
  order: string;
  /** The position it belongs to, where the account holds several in one instrument. */
  position: string | null;
  price: string;
  quantity: string;
  side: Side;
  strategy: string;
  ts_event: string;
  ts_event_ns: string;
};

/** How orders fill. All but the name is of the built-in models, `STANDARD` and `PROBABLE`. */
export type FillModel = {
  model: string;
  slip_chance: string;
  slippage_share: string;
  slippage_ticks: number;
  touch_fill_chance: string;
};

/** Updates were lost or are not remembered any more; fresh snapshots follow. */
export type Gap = {
  /** `null`: of all conflated channels. */
  channel: Channel | null;
  /** Where REST tells what was missed. */
  history: string | null;
  instrument: string | null;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  /** How many updates, where that is known. */
  missed: number | null;
  /** OVERRUN: the host was. EPOCH: `resume` names another run. FORGOTTEN: what was missed is older than what is remembered. AHEAD: `resume` is beyond the end. */
  reason: "OVERRUN" | "EPOCH" | "FORGOTTEN" | "AHEAD";
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  type: "gap";
};

/** What an order of a group does to the others: OCO cancels them, OUO shrinks them by what it fills. */
export type GroupRule = "OCO" | "OUO";

/** What a version begins with. */
export type HandOver = "CARRY" | "FRESH";

/** The connection and the host live. */
export type Heartbeat = {
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  time: string;
  /** Nanoseconds since 1970. */
  time_ns: string;
  type: "heartbeat";
};

/** The first message. */
export type Hello = {
  heartbeat_ms: number;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  protocol: number;
  /** The epoch: names this run of the host, for `resume`. */
  run: string;
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  type: "hello";
  version: string;
};

/** The price for which an order is held back. */
export type Hold = {
  trigger: string;
  trigger_by: TriggerBy;
};

/** What is held of an instrument. */
export type InstrumentExposure = {
  gross: number;
  instrument: string;
  long: number;
  net: number;
  short: number;
};

/** What the positions in an instrument come to, in `currency`. */
export type InstrumentSums = {
  currency: string;
  fees: string | null;
  /** Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another. */
  gross_exposure: string | null;
  instrument: string;
  /** The middle of the quote, otherwise the latest trade; `null` before both. */
  mark: string | null;
  /** Values at the marks, shorts negative. */
  net_exposure: string | null;
  /** Of all strategies, negative when short; `null` where it is beyond the range of quantities. */
  quantity: string | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized: string | null;
  /** Currencies of which something is part of it and for which there is no rate. */
  unconverted: string[];
  /** Symbols that are held and have no price. */
  unpriced: string[];
  /** Profit of what is open, at the marks. */
  unrealized: string | null;
};

/** Work that goes on after its answer. */
export type Job = {
  asked: string;
  /** Nanoseconds since 1970. */
  asked_ns: string;
  by: string | null;
  ended: string | null;
  ended_ns: string | null;
  /** A number of a request; `run-STRATEGY-NUMBER` of a version on its way through a pipeline; `backtest-NUMBER`. */
  id: string;
  /** What it does, as in the policy. */
  kind: string;
  /** Why it failed; `null` otherwise. */
  problem: unknown;
  /** From 0 to 1; of a request by its `stage`, and 0 where it has none until it is over. */
  progress: number;
  /** What came of it, unless that is too long; `null` otherwise. */
  result: unknown;
  /** How far the component of a request is: `RECEIVED`, `READ`, `VALIDATED`, `COMPILING`, `TRIED` or `STORED`. */
  stage: string | null;
  state: "QUEUED" | "RUNNING" | "DONE" | "FAILED" | "CANCELED" | "INTERRUPTED";
  /** Of a request: the status of what would have been its answer. */
  status: number | null;
  /** The path that was asked; of a run its own. */
  subject: string;
};

/** How long things take. All but the name is of the built-in model, `DRAWN`. */
export type LatencyModel = {
  cancel: Delay;
  feed: Delay;
  insert: Delay;
  jitter_ns: string;
  model: string;
  modify: Delay;
};

/** A price, and what is shown there in all. */
export type Level = {
  price: string;
  size: string;
};

/** Something that happened to an instrument or to an account's margin. */
export type LifeEvent = {
  /** To which account; `null` when it happened to an instrument. */
  account: string | null;
  amount?: string;
  currency?: string | null;
  denominator?: number;
  equity?: string;
  event: "FUNDING" | "FINAL_PRICE" | "EXPIRY" | "SETTLEMENT" | "SPLIT" | "DIVIDEND" | "MARGIN_COVERED" | "MARGIN_CALL" | "LIQUIDATION" | "MARGIN_SHORT";
  /** To which instrument; `null` when it happened to an account. */
  instrument: string | null;
  maintenance?: string;
  /** Counts up from 1 since the host began to show them. */
  number: number;
  numerator?: number;
  price?: string;
  rate?: string;
  /** The input during which it happened. */
  sequence: number;
  ts_event: string;
  ts_event_ns: string;
};

/** The metrics of some scopes at one engine time. */
export type Metrics = {
  /** Over what time losses are told. */
  horizon_ns: string | null;
  /** The time between two samples of the marks. */
  sample_period_ns: string | null;
  scopes: ScopeMetrics[];
  /** Reckonings that were left out because a newer one was due. */
  skipped: number;
  /** `null` before the first reckoning. */
  time: string | null;
  time_ns: string | null;
};

/** A model that broke, or answered what it was not offered. */
export type ModelFault = {
  /** Over which instrument, which is killed since. */
  instrument: string;
  kind: string;
  message: string;
  /** `FILL`, `FEE` or `LATENCY`. */
  model: string;
  /** Engine sequence of the input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
};

/** A distance from a price. */
export type Offset = {
  offset: string;
  unit: OffsetUnit;
};

/** In what an offset is counted. */
export type OffsetUnit = "PRICE" | "BASIS_POINTS" | "TICKS";

/** An order with everything that was asked for. `deny_code` is set when our own risk gate refused it, and `deny_reason` says why: where a custom rule or an algorithm did, in its own words. */
export type Order = {
  account: string;
  /** The algorithm that works it. */
  algorithm: string | null;
  average_price: string | null;
  /** Ids of its open parts and the latest closed ones, newest first; only where one order is asked for. */
  children?: string[] | null;
  deny_code: string | null;
  deny_reason: string | null;
  display: string | null;
  expires: string | null;
  expires_ns: string | null;
  filled: string;
  group: number | null;
  hold: Hold | null;
  id: string;
  instrument: string;
  intent: number;
  limit_offset: Offset | null;
  /** The id of the first order of its list. */
  list: string | null;
  parent: number | null;
  /** The order of which an algorithm sent this one as a part. */
  parent_order: string | null;
  /** What is on its way to the venue and not answered yet. */
  pending: string | null;
  /** The position it opens, adds to or closes, where the account holds several in one instrument. */
  position: string | null;
  post_only: boolean;
  price: string | null;
  quantity: string;
  quote_quantity: boolean;
  reduce_only: boolean;
  remaining: string;
  rule: GroupRule | null;
  side: Side;
  status: string;
  strategy: string;
  tag: string | null;
  time_in_force: TimeInForce;
  trail: Trail | null;
  trigger: string | null;
  trigger_by: TriggerBy | null;
  /** The price that wakes it now: the trigger, or where a trailing one has got to; `null` once it woke. */
  trigger_now: string | null;
  ts_created: string;
  ts_created_ns: string;
  type: OrderType;
};

/** The type of an order. */
export type OrderType = "MARKET" | "LIMIT" | "STOP_MARKET" | "STOP_LIMIT" | "MARKET_TO_LIMIT" | "MARKET_IF_TOUCHED" | "LIMIT_IF_TOUCHED" | "TRAILING_STOP_MARKET" | "TRAILING_STOP_LIMIT";

/** An order after a change, with the change. `deny_code` also tells why a change was refused. */
export type OrderUpdate = {
  account: string;
  /** The algorithm that works it. */
  algorithm: string | null;
  average_price: string | null;
  change: string;
  /** Ids of its open parts and the latest closed ones, newest first; only where one order is asked for. */
  children?: string[] | null;
  deny_code: string | null;
  deny_reason: string | null;
  display: string | null;
  expires: string | null;
  expires_ns: string | null;
  filled: string;
  group: number | null;
  hold: Hold | null;
  id: string;
  instrument: string;
  intent: number;
  limit_offset: Offset | null;
  /** The id of the first order of its list. */
  list: string | null;
  parent: number | null;
  /** The order of which an algorithm sent this one as a part. */
  parent_order: string | null;
  /** What is on its way to the venue and not answered yet. */
  pending: string | null;
  /** The position it opens, adds to or closes, where the account holds several in one instrument. */
  position: string | null;
  post_only: boolean;
  price: string | null;
  quantity: string;
  quote_quantity: boolean;
  reduce_only: boolean;
  remaining: string;
  rule: GroupRule | null;
  side: Side;
  status: string;
  strategy: string;
  tag: string | null;
  time_in_force: TimeInForce;
  trail: Trail | null;
  trigger: string | null;
  trigger_by: TriggerBy | null;
  /** The price that wakes it now: the trigger, or where a trailing one has got to; `null` once it woke. */
  trigger_now: string | null;
  ts_created: string;
  ts_created_ns: string;
  type: OrderType;
};

/** How things stand with a venue outside. */
export type Outside = {
  accounts: Standing[];
  connected: boolean;
  /** The oldest of them, at most 100. */
  in_doubt: string[];
  /** How many orders' state is not known. */
  in_doubt_count: number;
  /** The latest, newest first, at most 20. */
  refusals: Refusal[];
  /** How often each rule decided what a doubtful report means. */
  ruled: { [name: string]: number };
  /** Since when, in event time; `null` while it never was there. */
  since: string | null;
  since_ns: string | null;
  /** The latest executions it took back, newest first, at most 20. */
  taken_back: TakenBack[];
};

/** Asks for a pong. */
export type Ping = {
  /** Comes back in the answer. */
  id?: number;
  op: "ping";
};

/** Where the latest run is, with its strategy. */
export type PipelineState = {
  plugin: string;
  run: number;
  stage: string;
  state: string;
  time: string;
  time_ns: string;
  verdict: string;
};

/** A plugin. */
export type Plugin = {
  hash: string;
  name: string;
  parameters: { [name: string]: string };
  version: string;
};

/** The answer to a ping. */
export type Pong = {
  /** That of the request. */
  id: number | null;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  type: "pong";
};

/** What is held at one moment, as `GET portfolio` shows it. What cannot be told for lack of a price or a rate is `null`, and what lacks it stands in `unpriced` and `unconverted`. */
export type Portfolio = {
  /** Each account in its base currency. */
  accounts: AccountWorth[];
  /** Each instrument of which there ever was a position, in its quote currency. */
  instruments: InstrumentSums[];
  /** The last input that it shows. */
  sequence: number;
  /** Each strategy that ever had a position, in the base currency of its account. */
  strategies: StrategySums[];
  time: string;
  time_ns: string;
  /** All accounts together, once in each base currency that an account has. */
  totals: Worth[];
};

/** A position; money is in `currency`. */
export type Position = {
  average_price: string | null;
  /** What changed it last. */
  change: string;
  currency: string | null;
  fees: string;
  instrument: string;
  open_cost: string;
  /** Which of several, on a hedging account; `null` for what they come to in all. */
  position: string | null;
  /** Negative when short. */
  quantity: string;
  /** Profit of what was closed, before fees. */
  realized: string;
  side: string;
  strategy: string;
  ts_event: string;
  ts_event_ns: string;
  /** Profit of the open part at the mark; `null` without a price. */
  unrealized: string | null;
};

/** A version that is watched. */
export type Probation = {
  /** The version that would take its place back. */
  before: Plugin | null;
  /** What it has, where the version before trades too. */
  canary: Canary | null;
  max_denials: number | null;
  max_denied_percent: number | null;
  max_drawdown: string | null;
  max_faults: number;
  max_loss: string | null;
  since: string;
  since_ns: string;
  until: string;
  until_ns: string;
};

/** The best bid and ask. */
export type Quote = {
  ask: string;
  ask_size: string | null;
  bid: string;
  bid_size: string | null;
  instrument: string;
  ts_event: string;
  ts_event_ns: string;
  ts_init: string;
  ts_init_ns: string;
};

/** A record of the log. */
export type Record = {
  action: string;
  actor: string;
  after: unknown;
  /** The approval that was used, and who confirmed it. */
  approval: string | null;
  before: unknown;
  confirmed_by: string | null;
  number: number;
  outcome: string;
  /** Path and query. */
  place: string;
  request: string;
  subject: string;
  time: string;
};

/** What a venue refused, in its words. */
export type Refusal = {
  order: string;
  reason: string;
  time: string;
  time_ns: string;
};

/** How far the restart of a strategy is. */
export type Restart = {
  /** Which of the restarts in a row it is. */
  attempt: number;
  /** When it is started again, while that waits. */
  due_ns: string | null;
  of: number;
  /** `WAITING`, `RESTORED`, `FRESH` or `GAVE_UP`. */
  outcome: string;
  reason: string | null;
  time: string;
  time_ns: string;
};

/** That a version was sent back. */
export type RollBack = {
  /** The version that left. */
  from: Plugin | null;
  reason: string;
  /** Engine sequence of the input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
};

/** Whether orders under a scope may leave. */
export type Scope = {
  killed: boolean;
  scope: string;
  state: string;
};

/** The metrics of a scope; amounts are in `currency`. */
export type ScopeMetrics = {
  beta: number | null;
  beta_exposure: number | null;
  components: Component[];
  concentration: number | null;
  currencies: CurrencyExposure[];
  currency: string;
  drawdown: Drawdown;
  equity: number | null;
  exposure: Exposure | null;
  five_largest_share: number | null;
  instruments: InstrumentExposure[];
  largest_share: number | null;
  leverage: number | null;
  liquidity_days: number | null;
  /** Returns that all its instruments have in common. */
  returns: number;
  scope: string;
  sectors: SectorExposure[];
  tails: Tail[];
  unavailable: { [name: string]: string };
};

/** What is held of a sector; `null` for instruments without one. */
export type SectorExposure = {
  gross: number;
  long: number;
  net: number;
  sector: string | null;
  short: number;
};

/** A shadow that trades, as it is shown with its strategy. */
export type Shadow = {
  /** Engine sequence at which it began. */
  begun_at: number;
  hand_over: HandOver;
  plugin: Plugin;
  since: string;
  since_ns: string;
};

/** Buy or sell. */
export type Side = "BUY" | "SELL";

/** A channel as it is at `sequence`; updates after it follow. */
export type Snapshot = {
  channel: Channel;
  data: (Account | Alert | Approval | BalanceUpdate | Bar | Book | CashFlowView | Deployment | Engine | Fill | Job | LifeEvent | Metrics | Order | OrderUpdate | Portfolio | Position | Quote | Record | Scope | Strategy | Venue)[];
  instrument: string | null;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  type: "snapshot";
};

/** Whether an account agrees with its venue. */
export type Standing = {
  account: string;
  /** When it was last compared with what the venue holds; `null` while it never was. */
  compared: string | null;
  compared_ns: string | null;
  /** Positions that differed then. */
  differences: Difference[];
  since: string;
  since_ns: string;
  /** `RECONCILED`, `UNKNOWN` or `DIFFERS`. */
  standing: string;
};

/** A strategy. Its log and older faults have routes of their own. */
export type Strategy = {
  account: string;
  /** Faults remembered, at most 20. */
  fault_count: number;
  id: number;
  /** What became of its plugin file last, where that is watched. */
  last_build: Build | null;
  last_fault: Fault | null;
  /** The last time a version before took its place back. */
  last_roll_back: RollBack | null;
  manual: boolean;
  name: string;
  /** Where the latest run of its pipeline is, since the host began. */
  pipeline: PipelineState | null;
  plugin: Plugin | null;
  /** Whether its version is watched, with the one before at hand. */
  probation: Probation | null;
  /** How far its restart after its last fault is, where it is started again by itself. */
  restart: Restart | null;
  /** When it saved the state from which it is started again. */
  saved_at_ns: string | null;
  /** The version that trades beside it in a copy of the engine. */
  shadow: Shadow | null;
  state: string;
  /** How far a swap under way has got. */
  swap: string | null;
};

/** What a strategy's positions come to, in `currency`. */
export type StrategySums = {
  currency: string;
  fees: string | null;
  /** Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another. */
  gross_exposure: string | null;
  /** Values at the marks, shorts negative. */
  net_exposure: string | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized: string | null;
  strategy: string;
  /** Currencies of which something is part of it and for which there is no rate. */
  unconverted: string[];
  /** Symbols that are held and have no price. */
  unpriced: string[];
  /** Profit of what is open, at the marks. */
  unrealized: string | null;
};

/** Asks for a channel: an `ack`, and a `snapshot` or what was missed, then updates. */
export type Subscribe = {
  channel: Channel;
  /** Comes back in the answer. */
  id?: number;
  /** Only this instrument; all when it is left out. */
  instrument?: string;
  /** Most quotes, or order books, a second and instrument, or most portfolios a second; 10 when it is left out. */
  max_hz?: number;
  op: "subscribe";
  /** The same, for those who write it here. */
  params?: {
    instrument?: string;
  };
  /** Of complete channels: what the client has. */
  resume?: {
    /** The `run` of `hello`. */
    epoch: string;
    /** That of the latest update or snapshot. */
    sequence: number;
  };
};

/** Losses at one confidence. */
export type Tail = {
  confidence: string;
  historical: number | null;
  historical_shortfall: number | null;
  normal: number | null;
  normal_shortfall: number | null;
  simulated: number | null;
  simulated_shortfall: number | null;
};

/** An execution that a venue took back. */
export type TakenBack = {
  fill: Fill;
  time: string;
  time_ns: string;
};

/** How long an order lives. */
export type TimeInForce = "GTC" | "IOC" | "FOK" | "DAY" | "GTD" | "AT_THE_OPEN" | "AT_THE_CLOSE";

/** How a stop follows the market. */
export type Trail = {
  activation: string | null;
  offset: string;
  unit: OffsetUnit;
};

/** Which price a trigger watches. */
export type TriggerBy = "BID_ASK" | "LAST" | "MID" | "MARK" | "INDEX";

/** Ends a subscription. */
export type Unsubscribe = {
  channel: Channel;
  /** Comes back in the answer. */
  id?: number;
  /** Only this instrument; all when it is left out. */
  instrument?: string;
  op: "unsubscribe";
  /** The same, for those who write it here. */
  params?: {
    instrument?: string;
  };
};

/** One change: the delta to the snapshot and the updates before. Channel and sequence name it, and no other update. */
export type Update = {
  channel: Channel;
  /** Which of these `x-channels` says. */
  data: Account | Alert | Approval | BalanceUpdate | Bar | Book | CashFlowView | Deployment | Engine | Fill | Job | LifeEvent | Metrics | Order | OrderUpdate | Portfolio | Position | Quote | Record | Scope | Strategy | Venue;
  /** Counts up by one per connection. A jump means that messages were dropped before a `bye`. */
  message: number;
  /** The `sequence` of the update before on this channel, or of the snapshot; after a resumption that which the client named. */
  previous: number;
  /** The place in the host's stream up to which the message holds. */
  sequence: number;
  time: string;
  /** Nanoseconds since 1970. */
  time_ns: string;
  type: "update";
};

/** A venue. Models are of simulated ones alone. */
export type Venue = {
  fee: FeeModel;
  fill: FillModel;
  /** Order types it does not take. */
  lacks: OrderType[];
  latency: LatencyModel;
  /** The latest faults of its models, newest first, at most 20. */
  model_faults: ModelFault[];
  name: string;
  /** How things stand with one outside; `null` where it is simulated. */
  outside: Outside | null;
  /** What it does where orders of one account meet, if it is simulated: `NONE`, `CANCEL_NEWEST`, `CANCEL_OLDEST`, `CANCEL_BOTH` or `DECREMENT_AND_CANCEL`. */
  self_match: string;
};

/** What accounts are worth, in `currency`. */
export type Worth = {
  /** Balances of all currencies. */
  cash: string | null;
  currency: string;
  fees: string | null;
  /** Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another. */
  gross_exposure: string | null;
  /** Gross exposure over net worth, a statistic; `null` where that is not above zero. */
  leverage: number | null;
  /** Values at the marks, shorts negative. */
  net_exposure: string | null;
  /** `cash` and `positions_value`. */
  net_worth: string | null;
  /** What positions are worth beyond the balances: in a margin account the profit of what is open, in a cash account the value of what it owns and what is no balance. */
  positions_value: string | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized: string | null;
  /** Currencies of which something is part of it and for which there is no rate. */
  unconverted: string[];
  /** Symbols that are held and have no price. */
  unpriced: string[];
  /** Profit of what is open, at the marks. */
  unrealized: string | null;
};

/** Channels of which only the latest counts: there is nothing to go on with. */
export const CONFLATED: readonly string[] = ["accounts", "bars", "book", "metrics", "portfolio", "quotes"];
