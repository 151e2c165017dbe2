// Made by examples/clients/generate.py of docs/openapi.json; not to be edited.

/** An account with its balances. */
export type AccountDto = {
  balances: BalanceDto[];
  base_currency?: string | null;
  hedging?: Name | null;
  leverage?: string | null;
  margin?: AccountMarginDto | null;
  name: string;
  type: Name;
  /** `null` where no instrument names the venue. */
  venue?: string | null;
};

/** How an account stood with its margin when that last changed, in its base currency. */
export type AccountMarginDto = {
  equity: string;
  maintenance: string;
  since: string;
  state: Name;
};

/** What an account is worth. */
export type AccountWorthDto = WorthDto & {
  account: string;
};

/** Body of `POST risk/alerts/{id}/acknowledge`. */
export type AcknowledgeRequest = {
  /** Who saw it: any name, until the host knows identities. */
  by: string;
};

/** Something that was done with a plugin. */
export type ActDto = {
  act: Name;
  by?: string | null;
  forced: boolean;
  reason?: string | null;
  time: string;
  time_ns: string;
};

/** Body of `POST keys`. */
export type AddKeyRequest = {
  days?: number;
  name: string;
  /** Each an address, or a network such as `10.0.0.0/8`. */
  networks?: string[];
  scopes: ("viewer" | "operator" | "author" | "risk" | "admin")[];
};

/** Body of `POST users`. */
export type AddUserRequest = {
  name: string;
  /** Each an address, or a network such as `10.0.0.0/8`. */
  networks?: string[];
  roles: ("viewer" | "operator" | "author" | "risk" | "admin")[];
};

/** What somebody should look at. */
export type AlertDto = {
  acknowledged_by?: string | null;
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
  raised_severity: Name;
  scope: string;
  /** The input that raised it last; zero for metrics. */
  sequence: number;
  /** Escalation included. */
  severity: Name;
  /** How much of the limit is used. */
  share: string;
  state: Name;
};

/** The algorithm that is to work an order. */
export type AlgorithmCallRequest = {
  name: string;
  parameters?: { [name: string]: ParameterValue };
};

/** An execution algorithm. */
export type AlgorithmDto = {
  name: string;
  /** Parameters of orders that do not give their own. */
  parameters: { [name: string]: string };
  /** The hash of its plugin's bytes. */
  plugin: string;
};

/** Body of `PATCH orders/{id}`; what is left out stays. */
export type AmendmentRequest = {
  price?: Decimal;
  quantity?: Quantity;
  trigger?: Decimal;
};

/** A request for a second person. */
export type ApprovalDto = {
  asked: string;
  asked_by: string;
  decided_by?: string | null;
  expires: string;
  id: string;
  operation: string;
  /** The query, a line break, and the body. */
  request: string;
  state: string;
  subject: string;
};

/** A page of the log. */
export type AuditDto = {
  items: RecordDto[];
  /** What to give as `after` for the next page; `null` on the last one. */
  next?: number | null;
};

/** Who wrote it, before and after. */
export type AuthorsChangeDto = {
  after?: string | null;
  before?: string | null;
};

/** A backtest, and what came of it. */
export type BacktestDto = {
  asked: string;
  asked_ns: string;
  began?: string | null;
  began_ns?: string | null;
  by?: string | null;
  ended?: string | null;
  ended_ns?: string | null;
  /** Why it is no success. */
  error?: string | null;
  /** Whether there is a report. */
  has_report: boolean;
  id: number;
  /** Its job. */
  job: string;
  /** The hash of the journal: that of `argonaut backtest` of the same plugin, parameters and data. */
  journal_hash?: string | null;
  parameters: { [name: string]: string };
  plugin: string;
  /** From 0 to 1. */
  progress: number;
  /** Statistics, costs, warnings and the like, as in the JSON of `argonaut backtest`, without the curve and the single trades. `null` in lists. */
  result?: unknown;
  /** What it is of and the world it is in, as it was asked for. */
  settings: unknown;
  state: Name;
  /** Name and version of the component. */
  title: string;
};

/** Body of `POST backtests`. What is left out is as `argonaut backtest` has it. */
export type BacktestRequest = {
  /** What the account is beside its money, `KEY=VALUE[,KEY=VALUE]`; keys are those of `[[account]]`: `hedging`, `hedge_margin`, `delivers`, `converts_debts`, `margin_call.call`, `margin_call.liquidate`, `margin_call.grace`. */
  account?: string | null;
  /** Length and basis of bars, such as `60s-last`. */
  bar?: string | null;
  /** Who asks, where the host does not know it. */
  by?: string | null;
  /** Whether the account pays in full instead of putting up margin. */
  cash_account?: boolean;
  /** A catalog below that folder, in the place of files. */
  catalog?: string | null;
  /** Files below the host's folder of market data; `SYMBOL=FILE` where there are several instruments. */
  data?: string[];
  /** Money to begin with, such as `1000000 USD`; the first currency is the account's base. */
  deposits?: string[];
  /** Trading ends before here. */
  end?: string | null;
  /** A file below the host's folder of market data with what happens beside it, a line of JSON each: funding, final prices, splits, dividends, halts and marks. */
  events?: string | null;
  /** How long market data travels to the strategy. */
  feed_latency?: string | null;
  /** Whether an older version than what runs or is approved will do. */
  force?: boolean;
  /** Of a catalog: what is from here on. RFC 3339 or a date. */
  from?: string | null;
  /** `SYMBOL[,KEY=VALUE]`; keys are those of `[[instrument]]`, such as `tick`, `lot` and `taker_fee`. */
  instruments: string[];
  /** What the files hold, or which series of the catalog are read: `quotes`, `trades`, `bars` or `books`. */
  kind?: string | null;
  /** How long orders travel, such as `5ms`. */
  latency?: string | null;
  /** Value that one unit of margin carries. */
  leverage?: string | null;
  parameters?: { [name: string]: ParameterValue };
  /** Path below the host's plugin folder, or `sha256:` and the hash of one that the host has. */
  plugin: string;
  /** Seed of what is left to chance. */
  seed?: number | null;
  /** The chance, from 0 to 1, that a taking order fills a tick worse. */
  slip_chance?: string | null;
  /** Ticks by which takers fill worse than the touch. */
  slippage_ticks?: number | null;
  /** Trading begins here; what is before is history. */
  start?: string | null;
  /** Of a catalog: what is before here. */
  to?: string | null;
  /** The chance, from 0 to 1, that an order fills which the market touches and does not cross. */
  touch_fill_chance?: string | null;
};

/** Money of one currency: `total = locked + free`. */
export type BalanceDto = {
  currency: string;
  free?: string | null;
  locked: string;
  total: string;
};

/** Body of `POST pipelines/{strategy}/runs`. */
export type BeginRunRequest = {
  by: string;
  /** Whether an older version than what runs or is approved will do. */
  force?: boolean;
  /** Over those of the file. */
  parameters?: { [name: string]: ParameterValue };
  /** The SHA-256 of a component that the host has, or the first digits of it; also after `sha256:`. */
  plugin: string;
};

/** An entry, and the exits that wait for its fill and end each other. */
export type BracketRequest = {
  entry: OrderTicketRequest;
  stop: OrderTicketRequest;
  target: OrderTicketRequest;
};

/** What they may cost. */
export type BudgetDto = {
  demote: boolean;
  fuel?: number | null;
  time_ns?: string | null;
  window: number;
};

/** A plugin file that changed, or was found. */
export type BuildDto = {
  /** As the configuration names it. */
  file: string;
  outcome: Name;
  /** The SHA-256 of the component in it. */
  plugin?: string | null;
  reason?: string | null;
  /** The stage that refused it, or the code of the refusal. */
  stage?: string | null;
  time: string;
  time_ns: string;
};

/** How the program was built. */
export type BuildOfHostDto = {
  /** Processor. */
  arch: string;
  /** Whether it checks itself, as programs for development do. */
  debug: boolean;
  /** Operating system. */
  os: string;
};

/** How the connection to the bus stands. */
export type BusDto = {
  /** Why the last attempt failed, or why it was lost. */
  error?: string | null;
  /** Entries published since the process began. */
  published: number;
  state: Name;
};

/** What a canary has. */
export type CanaryDto = {
  /** Symbols; all other instruments are those of the version before. */
  instruments: string[];
  when_over: Name;
};

/** Body of `POST strategies/{name}/canary` as JSON. */
export type CanaryStrategyRequest = {
  by?: string | null;
  force?: boolean;
  /** Symbols of its instruments. */
  instruments: string[];
  parameters?: { [name: string]: ParameterValue };
  /** As of a new strategy; the plugin that runs when absent. */
  plugin?: string | null;
  probation: ProbationRequest;
  /** What it begins with. */
  state?: HandOverName;
  when_over?: WhenOverName;
};

/** Money that came or left without a trade. */
export type CashFlowDto = {
  account: string;
  /** Negative when it was paid. */
  amount: string;
  currency?: string | null;
  instrument?: string | null;
  reason: Name;
  /** Whose position it is about; `null` for a conversion. */
  strategy?: string | null;
  ts_event: string;
  ts_event_ns: string;
};

/** Money that came or left without a trade, as the host shows it. */
export type CashFlowViewDto = CashFlowDto & {
  /** Counts up from 1 since the host began to show them. */
  number: number;
  /** The input that moved it. */
  sequence: number;
};

/** A change by an exact share, as a string: -0.2 takes a fifth away, and -1 all. */
export type Change = string;

/** Body of `PATCH users/{name}`; what is absent stays. */
export type ChangeUserRequest = {
  desk?: DeskDto | null;
  disabled?: boolean | null;
  networks?: string[] | null;
  roles?: ("viewer" | "operator" | "author" | "risk" | "admin")[] | null;
};

/** Body of `POST auth/claim`. */
export type ClaimRequest = {
  name: string;
  /** At least 12 characters and at most 256 bytes, without the name. */
  password: string;
  /** The invitation. */
  token: string;
};

/** The kind of instrument, with what only that kind has. */
export type ClassDto = {
  /** What is bought; `null` where no account or instrument names the currency. */
  base?: string | null;
  class: string;
  expiry?: string | null;
  expiry_ns?: string | null;
  right?: Name | null;
  strike?: string | null;
  underlying?: string | null;
};

/** A WebAssembly component. */
export type Component = string;

/** What an instrument adds to the normal value at risk at the highest confidence. */
export type ComponentDto = {
  instrument: string;
  value_at_risk: number;
};

export type ConductDto = {
  /** Nanoseconds; `null` does not bind. */
  cancel_window_ns?: string | null;
  free_cancels?: number | null;
  max_cancels_per_fill?: number | null;
  max_repeats?: number | null;
  no_self_match?: boolean | null;
  /** Nanoseconds; `null` does not bind. */
  repeat_window_ns?: string | null;
};

/** A control of the gate. */
export type ControlDto = {
  code: string;
  /** Orders and changes it has denied. */
  denied: number;
  documentation: string;
  metric: string;
  name: string;
};

/** `POST accounts/{name}/conversions`. */
export type ConversionRequest = {
  /** What is given. */
  amount: Money;
  from: string;
  to: string;
};

/** How returns move together. */
export type CorrelationDto = {
  /** `null` where one of the two does not move. */
  correlations?: ((number | null)[])[] | null;
  /** Of one sampling period. */
  covariances?: number[][] | null;
  /** Rows and columns, in this order. */
  instruments: string[];
  positive_semidefinite?: boolean | null;
  /** Returns of each. */
  returns: number;
  time: string;
  time_ns: string;
  unavailable: { [name: string]: string };
};

/** What events cost the version of a strategy that runs. */
export type CostDto = {
  budget?: BudgetDto | null;
  /** One event of so many is measured. */
  every: number;
  fuel?: SpreadDto | null;
  measured: number;
  /** The SHA-256 of the component. */
  plugin: string;
  time_ns?: TimeSpreadDto | null;
};

/** What was asked of it. */
export type CriterionDto = {
  holds: boolean;
  /** `null` where it could not be measured, which does not hold. */
  measured?: string | null;
  name: string;
  wanted: string;
};

/** What is held of a currency. */
export type CurrencyExposureDto = HeldExposureDto & {
  currency: string;
};

/** What instruments of a quote currency made. */
export type CurrencyFiguresDto = FiguresDto & {
  currency: string;
};

export type DataDto = {
  /** Nanoseconds; `null` does not bind. */
  max_age_ns?: string | null;
  /** Nanoseconds; `null` does not bind. */
  max_ahead_ns?: string | null;
  /** Nanoseconds; `null` does not bind. */
  max_behind_ns?: string | null;
};

/** Events of one kind of one instrument, as the files of a catalog have them. */
export type DataSetDto = {
  /** The rule of bars, such as `60s-last`. */
  bars?: string | null;
  /** Size of the files. */
  bytes: number;
  /** On how many days there is something. */
  days: number;
  /** The time of the first event and of the last. */
  first?: string | null;
  first_ns?: string | null;
  instrument: string;
  /** `quotes`, `trades`, `bars` or `books`. */
  kind: string;
  last?: string | null;
  last_ns?: string | null;
  /** How many files. */
  parts: number;
  /** How many events. */
  rows: number;
};

/** The input over which a strategy broke. */
export type DeadLetterDto = {
  /** The input in words; `null` where the journal could not be read. */
  input?: string | null;
  /** The run that began the journal. */
  journal: string;
  kind: Name;
  /** Its name, for `GET strategies/{name}/dead-letters/{letter}`. */
  letter: string;
  message: string;
  parameters: { [name: string]: string };
  place?: PlaceDto | null;
  /** The SHA-256 of the component. */
  plugin: string;
  saved?: SavedDto | null;
  /** The input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
  /** Its name and version. */
  title: string;
};

/** The file of a dead letter. */
export type DeadLetterFile = string;

/** Answer to `GET strategies/{name}/dead-letters`. */
export type DeadLettersDto = {
  /** How many letters of the host made room for newer ones since it began. */
  dropped: number;
  /** The newest first. */
  letters: DeadLetterDto[];
};

/** An exact decimal. A JSON number is refused: what prints it may have rounded it. */
export type Decimal = string;

/** Body of `POST plugins/{plugin}/approve`. */
export type DecisionRequest = {
  by?: string | null;
  force?: boolean;
  reason?: string | null;
};

/** A constant, and what is drawn on top of it; `null` where nothing is. */
export type DelayDto = {
  constant_ns: string;
  drawn?: DrawnDto | null;
};

/** For what a person may trade. A list that is there is a positive one: orders, changes, conversions, and what lets a strategy trade are refused (403 `NOT_PERMITTED`, `P03`) where they are of another, or of none that is known. What only takes away is never refused for it. */
export type DeskDto = {
  /** Names of accounts; any where it is left out. */
  accounts?: string[] | null;
  /** Names of strategies; any where it is left out. */
  strategies?: string[] | null;
};

/** How far below its best. */
export type DrawdownDto = {
  current?: number | null;
  current_share?: number | null;
  max?: number | null;
  max_share?: number | null;
};

/** A distribution by three of its quantiles. */
export type DrawnDto = {
  least_ns: string;
  median_ns: string;
  most_ns: string;
};

/** The engine in a few numbers. */
export type EngineDto = {
  ignored: number;
  killed: boolean;
  run: string;
  sequence: number;
  state: Name;
  time: string;
  time_ns: string;
  trading_state: Name;
  version: string;
};

export type EscalationDto = {
  /** An exact decimal; `null` does not bind. */
  halt?: string | null;
  /** An exact decimal; `null` does not bind. */
  hysteresis?: string | null;
  /** An exact decimal; `null` does not bind. */
  reduce?: string | null;
  /** An exact decimal; `null` does not bind. */
  warn?: string | null;
};

/** What happens, told apart by `event`. */
export type EventRequest = {
  event: "FUNDING";
  rate: Decimal;
} | {
  event: "SETTLEMENT";
  price: Decimal;
} | {
  denominator: number;
  event: "SPLIT";
  numerator: number;
} | {
  amount: Money;
  currency: string;
  event: "DIVIDEND";
};

export type ExposureDto = {
  /** An exact decimal; `null` does not bind. */
  max_gross?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_instrument_share?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_net?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_sector_share?: string | null;
};

/** Body of `PUT risk/factors/{scope}`. */
export type FactorRequest = {
  factor: string;
};

/** A fault. */
export type FaultDto = {
  kind: Name;
  message: string;
  /** Engine sequence of the input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
};

/** A fault of a plugin since it was released last. */
export type FaultNoteDto = {
  fault: string;
  journal: string;
  sequence: number;
  strategy: string;
  time: string;
  time_ns: string;
};

/** What of the host is on. */
export type FeaturesDto = {
  bus: boolean;
  /** Webhooks are taken. */
  hooks: boolean;
  /** People log in. */
  identity: boolean;
  notifications: boolean;
  pipelines: boolean;
  /** How often somebody may ask is limited. */
  rates: boolean;
  /** Not all of the journal is kept. */
  retention: boolean;
  store: boolean;
  tls: boolean;
};

/** What fills cost; `SCHEDULED` is what the instruments' `fees` say. */
export type FeeModelDto = {
  model: string;
};

/** Rates in force for accounts that traded enough. */
export type FeeTierDto = {
  /** In the account's base currency. */
  from: string;
  maker: string;
  taker: string;
};

/** A feed. */
export type FeedDto = {
  /** `REPLAY` of files, or `SIMULATED`. */
  kind: Name;
  /** `READY` and not begun, `RUNNING`, `FINISHED` when all was sent, or `OVER` with the host. */
  state: Name;
};

/** What orders cost. */
export type FeesDto = {
  maker: string;
  /** `null` for no maximum. */
  max_per_order?: string | null;
  /** `null` for no maximum. */
  max_share?: string | null;
  min_per_order: string;
  per_contract: string;
  taker: string;
  /** Rates by what an account traded within thirty days, lowest threshold first. */
  tiers: FeeTierDto[];
};

/** Amounts are exact; shares and seconds are statistics, and `null` where nothing supports them. A trade is a position from flat to flat, of all its executions, and counts where it closes in the period, with all that it made and cost. Of a hedging account each position is a trade, without funding. Executions that a venue took back still count in `traded_value` and `fills`; a position that was only opened and taken back, with its fees, is no trade. */
export type FiguresDto = {
  /** Mean time from first to last execution of a trade, in seconds. */
  average_duration_s?: number | null;
  /** Fees; negative is a rebate. */
  fees: string;
  /** How many executions; those taken back count, too. */
  fills: number;
  /** Most losers in a row. */
  longest_loss_streak: number;
  /** Those with a loss after fees. */
  losers: number;
  /** How far `net` ever was below its best in the period, which begins with nothing. What is open does not count. */
  max_drawdown: string;
  /** `realized` less `fees`. */
  net: string;
  /** Mean profit of winners over mean loss of losers. */
  payoff_ratio?: number | null;
  /** Sum of profits over sum of losses; `null` without a loss. */
  profit_factor?: number | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized: string;
  /** Turnover: the value of all executions, price by quantity and multiplier; those taken back count, too. */
  traded_value: string;
  /** Trades that closed. */
  trades: number;
  /** `winners` over `trades`. */
  win_rate?: number | null;
  /** Those with a profit after fees; one of exactly nothing is neither. */
  winners: number;
};

/** An execution. */
export type FillDto = {
  account: string;
  execution: string;
  fee: string;
  fee_currency?: string | null;
  instrument: string;
  liquidity: Name;
  order: string;
  /** The position it belongs to, where the account holds several in one instrument. */
  position?: string | null;
  price: string;
  quantity: string;
  side: SideName;
  strategy: string;
  ts_event: string;
  ts_event_ns: string;
};

/** How orders fill. All but the name is of the built-in models, `STANDARD` and `PROBABLE`. */
export type FillModelDto = {
  model: string;
  slip_chance: string;
  slippage_share: string;
  slippage_ticks: number;
  touch_fill_chance: string;
};

/** What made-up events cost, before and after. */
export type FuelChangeDto = {
  after?: FuelDto | null;
  before?: FuelDto | null;
};

/** What made-up events cost, in fuel. */
export type FuelDto = {
  events: number;
  median: number;
  most: number;
};

/** The gateway of a venue outside. */
export type GatewayDto = {
  /** Doubtful reports, by whatever rule they were decided. */
  doubtful_reports: number;
  /** Orders whose state is not known. */
  in_doubt: number;
  /** When it last refused something; `null` while it has not. */
  last_refusal?: string | null;
  last_refusal_ns?: string | null;
  /** Since when, in event time. */
  since?: string | null;
  since_ns?: string | null;
  /** `CONNECTED`, `DISCONNECTED`, or `NEVER` while it never was there. */
  state: Name;
  /** Accounts that are not known to agree with the venue. */
  unreconciled: string[];
  venue: string;
};

/** What a session is given. The refresh token is in a cookie, where no script reads it. */
export type GrantedDto = {
  /** To be shown as `Authorization: Bearer`. */
  access: string;
  access_expires: string;
  roles: ("viewer" | "operator" | "author" | "risk" | "admin")[];
  session: string;
  /** Until when the session may be refreshed. */
  session_expires: string;
  user: string;
};

/** What a version begins with. */
export type HandOverName = "CARRY" | "FRESH";

/** What the events of a version cost. */
export type HandlingDto = {
  calls: number;
  fuel_p50?: number | null;
  fuel_p99?: number | null;
  time_p50_ns: string;
  time_p99_ns: string;
};

/** Whether the process answers and the engine works. */
export type HealthDto = {
  bus?: BusDto | null;
  /** Commands that wait for the engine. */
  commands_waiting: number;
  engine_state: Name;
  /** Orders are denied while it cannot be. */
  journal_writable: boolean;
  killed: boolean;
  /** Public events dropped because the engine was behind. */
  market_conflated: number;
  /** Public events that wait for the engine. */
  market_waiting: number;
  notifications?: NotificationsHealthDto | null;
  /** Prices replaced by newer ones before readers saw them. */
  prices_conflated: number;
  retention?: RetentionDto | null;
  sequence: number;
  status: string;
  store?: StoreDto | null;
  trading_state: Name;
};

/** A position that is not flat. */
export type HeldDto = {
  instrument: string;
  /** Negative when short. */
  quantity: string;
};

/** What is held. */
export type HeldExposureDto = {
  gross: number;
  long: number;
  net: number;
  short: number;
};

/** A window of the data catalog, `to` not in it: what instruments moved from its first price to its last becomes the shocks of the scenario. It is read once, when the scenario is set. */
export type HistoryDto = {
  from: Moment;
  /** Symbols that must have data in it; those that have some, when left out. All others keep their price. */
  instruments?: string[] | null;
  to: Moment;
};

/** The price for which an order is held back. */
export type HoldDto = {
  trigger: string;
  trigger_by: TriggerByName;
};

/** The price until which an order is held back. */
export type HoldRequest = {
  trigger: Decimal;
  trigger_by?: TriggerByName;
};

/** What came of a call for an order. */
export type HookAnswer = {
  /** Whether this call was taken before. */
  duplicate: boolean;
  id: string;
  /** The order; `null` while a call before is still being placed. */
  order?: string | null;
  /** Its status after the risk gate; `null` for a call that was taken before. */
  status?: string | null;
};

/** What the hook is for: an order, or a signal. */
export type HookBody = HookRequest | HookSignal;

/** A type of order that a hook may place. */
export type HookOrderName = "MARKET" | "LIMIT";

/** What came of a call, by what the hook is for. */
export type HookReply = HookAnswer | SignalAnswer;

/** Body of `POST /hooks/{name}`, of a hook that places orders. `secret` and `time` are those of TradingView only. */
export type HookRequest = {
  /** The same for the same call, however often it is sent. */
  id: string;
  instrument: string;
  price?: Decimal | null;
  quantity?: Quantity | null;
  /** Looked at before; never shown. */
  secret?: string | null;
  side: SideName;
  time?: Moment | null;
  type?: HookOrderName | null;
};

/** Body of `POST /hooks/{name}`, of a hook that tells a strategy. `secret` and `time` are those of TradingView only. */
export type HookSignal = {
  /** The same for the same call, however often it is sent. */
  id: string;
  /** Looked at before; never shown. */
  secret?: string | null;
  time?: Moment | null;
  /** Values by name, as the hook takes them. */
  values?: { [name: string]: string };
};

/** An instrument with its latest prices. */
export type InstrumentDto = ClassDto & {
  day_end_ns: string;
  fees: FeesDto;
  /** Whether its venue has halted it. */
  halted: boolean;
  id: number;
  /** The price of the index that it follows; `null` where its venue gives none. */
  index?: string | null;
  last?: string | null;
  lot: string;
  margin: InstrumentMarginDto;
  /** The price at which its venue values positions; `null` where it gives none. */
  mark?: string | null;
  max_quantity: string;
  min_quantity: string;
  multiplier: string;
  price_digits: number;
  quantity_digits: number;
  quote?: QuoteDto | null;
  quote_currency: string;
  session?: TradingHoursDto | null;
  symbol: string;
  tick: string;
  tradable: boolean;
  venue: string;
};

/** What is held of an instrument. */
export type InstrumentExposureDto = HeldExposureDto & {
  instrument: string;
};

/** What an instrument made. */
export type InstrumentFiguresDto = FiguresDto & {
  currency: string;
  instrument: string;
};

/** Margin as a share of notional value. */
export type InstrumentMarginDto = {
  initial: string;
  maintenance: string;
};

/** What the positions in an instrument come to. */
export type InstrumentSumsDto = SumsDto & {
  instrument: string;
  /** The middle of the quote, otherwise the latest trade; `null` before both. */
  mark?: string | null;
  /** Of all strategies, negative when short; `null` where it is beyond the range of quantities. */
  quantity?: string | null;
};

/** A person and the invitation, which is told this once. */
export type InvitedDto = {
  invitation: string;
  user: UserDto;
};

/** A job. */
export type JobDto = {
  asked: string;
  asked_ns: string;
  by?: string | null;
  ended?: string | null;
  ended_ns?: string | null;
  id: string;
  /** What it does, as in the policy. */
  kind: string;
  problem?: unknown;
  /** From 0 to 1; of a request by its `stage`, and 0 where it has none until it is over. */
  progress: number;
  result?: unknown;
  stage?: Name | null;
  state: Name;
  /** What would have been the answer: its status, and its body as `result` or `problem`. */
  status?: number | null;
  /** The path that was asked; of a run its own. */
  subject: string;
};

/** What was written to the journal since the process began. */
export type JournalDto = {
  bytes: number;
  /** How often the disk did not take what it was given. */
  failures: number;
  /** How long that took in all. */
  sync_time_ns: string;
  /** How often blocks were forced onto the disk. */
  syncs: number;
  /** Bytes that wait in memory because the disk takes nothing. */
  waiting_bytes: number;
};

/** How risk metrics, alerts, the audit log, jobs and backtests get into the store. */
export type KeptDto = {
  /** Tables that cannot be written, and why; the others are. */
  error?: string | null;
  /** Reckonings, alerts, jobs and backtests that were left out because too many waited. */
  lost: number;
  /** Updates of any kind that were not heard; reckonings among them are missing. */
  missed_updates: number;
  /** Reckonings, alerts, records of the audit log, jobs and backtests that wait to be written. */
  waiting: number;
};

/** A key. */
export type KeyDto = {
  created: string;
  expires: string;
  id: string;
  name: string;
  networks: string[];
  scopes: ("viewer" | "operator" | "author" | "risk" | "admin")[];
  user: string;
};

/** Body of `POST engine/kill`. */
export type KillRequest = {
  set: boolean;
};

/** Body of `POST risk/kill`. */
export type KillScopeRequest = {
  scope: string;
};

/** The type of an order. */
export type KindName = "MARKET" | "LIMIT" | "STOP_MARKET" | "STOP_LIMIT" | "MARKET_TO_LIMIT" | "MARKET_IF_TOUCHED" | "LIMIT_IF_TOUCHED" | "TRAILING_STOP_MARKET" | "TRAILING_STOP_LIMIT";

/** How long things take. All but the name is of the built-in model, `DRAWN`. */
export type LatencyModelDto = {
  cancel: DelayDto;
  feed: DelayDto;
  insert: DelayDto;
  jitter_ns: string;
  model: string;
  modify: DelayDto;
};

/** The latest market data of an instrument. */
export type LatestDto = {
  /** Where older data is, page by page; `null` without a store. */
  history?: string | null;
  instrument: string;
  /** Newest first: of quotes the one that is in force; trades and bars as `GET history/{table}` shows them. */
  items: unknown[];
  /** `LIVE` from what the engine has, or `STORE`. */
  source: Name;
};

/** Something that happened to an instrument or to an account's margin. */
export type LifeEventDto = WhatDto & {
  /** To which account; `null` when it happened to an instrument. */
  account?: string | null;
  /** To which instrument; `null` when it happened to an account. */
  instrument?: string | null;
  /** Counts up from 1 since the host began to show them. */
  number: number;
  /** The input during which it happened. */
  sequence: number;
  ts_event: string;
  ts_event_ns: string;
};

export type LimitsDto = {
  conduct?: ConductDto;
  data?: DataDto;
  /** Nanoseconds; `null` does not bind. */
  duplicate_window_ns?: string | null;
  escalation?: EscalationDto;
  exposure?: ExposureDto;
  loss?: LossDto;
  max_messages?: number | null;
  max_open_orders?: number | null;
  /** An exact decimal; `null` does not bind. */
  max_order_notional?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_order_quantity?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_position?: string | null;
  max_venue_messages?: number | null;
  /** Nanoseconds; `null` does not bind. */
  message_window_ns?: string | null;
  price?: PriceDto;
  scaling?: ScalingDto;
  short?: ShortDto;
  volume?: VolumeDto;
};

/** The orders of a list, in their order; `list` is `null` when our own risk gate refused it. */
export type ListDto = {
  list?: string | null;
  orders: OrderDto[];
};

/** Body of `POST orders/lists`: `orders` or `bracket`. */
export type ListRequest = {
  bracket?: BracketRequest | null;
  orders?: OrderTicketRequest[] | null;
  strategy?: string | null;
};

/** Whether it lives. */
export type LiveDto = {
  /** Why it should be started again. */
  reasons: string[];
  status: string;
};

/** Body of `POST strategies` as JSON. */
export type LoadStrategyRequest = {
  account?: string | null;
  /** Who asks, as they say. */
  by?: string | null;
  /** Whether an older version than what runs or is approved will do. */
  force?: boolean;
  /** Letters, digits, `-`, `_` and `.`. */
  name: string;
  on_fault?: OnFaultName;
  parameters?: { [name: string]: ParameterValue };
  /** Path below the host's plugin folder, or `sha256:` and the hash of one that the host has. */
  plugin: string;
  start?: boolean;
};

/** How much of an instrument an account may be short, all its open orders filled, where `short.locate_required` binds. */
export type LocateDto = {
  account: string;
  /** The instrument's symbol. */
  instrument: string;
  quantity: Quantity;
};

/** Body of `PUT risk/locates`: replaces what was located; `0` is nothing. */
export type LocateRequest = {
  account: string;
  /** The instrument's symbol. */
  instrument: string;
  quantity: Quantity;
};

/** A line of a strategy's log. */
export type LogLineDto = {
  level: Name;
  text: string;
  time: string;
  time_ns: string;
};

/** Body of `POST auth/login`. */
export type LoginRequest = {
  name: string;
  password: string;
};

export type LossDto = {
  /** An exact decimal; `null` does not bind. */
  max_daily?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_drawdown?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_rolling?: string | null;
  /** Nanoseconds; `null` does not bind. */
  rolling_window_ns?: string | null;
};

/** An account's margin, in its base currency. */
export type MarginCallDto = {
  equity: string;
  maintenance: string;
};

/** Market data that was handed to the engine since the process began. */
export type MarketDataDto = {
  bars: number;
  /** Batches of changes of order books. */
  books: number;
  /** Gaps: what was dropped because the engine was behind and newer data of its instrument was there. */
  conflated: number;
  /** The time that the latest carries; `null` before the first. */
  last?: string | null;
  last_ns?: string | null;
  /** Mark prices and indices. */
  marks: number;
  quotes: number;
  trades: number;
  /** What waits for the engine. */
  waiting: number;
};

/** Who asks. */
export type MeDto = {
  /** What may be done, as in the policy. */
  operations: string[];
  roles: ("viewer" | "operator" | "author" | "risk" | "admin")[];
  user: string;
};

/** The metrics of some scopes at one engine time. */
export type MetricsDto = {
  /** Over what time losses are told. */
  horizon_ns?: string | null;
  /** The time between two samples of the marks. */
  sample_period_ns?: string | null;
  scopes: ScopeMetricsDto[];
  /** Reckonings that were left out because a newer one was due. */
  skipped: number;
  /** `null` before the first reckoning. */
  time?: string | null;
  time_ns?: string | null;
};

/** Body of `POST risk/metrics`. */
export type MetricsRequest = {
  /** All scopes when absent. */
  scope?: string | null;
};

/** A model that broke, or answered what it was not offered. */
export type ModelFaultDto = FaultDto & {
  /** Over which instrument, which is killed since. */
  instrument: string;
  /** `FILL`, `FEE` or `LATENCY`. */
  model: Name;
};

/** A moment after 1970, in UTC or with an offset, to the nanosecond. */
export type Moment = string;

/** An exact amount of money, as a string. */
export type Money = string;

/** What a component says of itself, beyond its name. */
export type MoreDto = {
  authors?: string | null;
  documentation: string;
  fuel?: FuelDto | null;
  /** Functions that it may call, as `interface#function`. */
  imports: string[];
  limits: { [name: string]: number };
  /** Functions that it offers beyond its world. */
  options: string[];
  parameters: ParameterDto[];
};

/** One of some names in capitals. */
export type Name = string;

/** Names in one list only. */
export type NamesDto = {
  added: string[];
  removed: string[];
};

/** A key and its text, which is told this once. */
export type NewKeyDto = {
  key: KeyDto;
  /** To be shown as `X-Api-Key`. */
  secret: string;
};

/** A route. */
export type NotificationDto = {
  /** Messages that were left out because too many waited. */
  dropped: number;
  /** Messages that were given up. */
  failed: number;
  /** Messages that were not told because of quiet hours. */
  hushed: number;
  /** Why the latest of all attempts that failed did. */
  last_error?: string | null;
  /** When the latest was taken, by the host's clock. */
  last_sent?: string | null;
  last_sent_ns?: string | null;
  route: string;
  /** Messages that were taken. */
  sent: number;
  /** The kind of its sink, as in the configuration. */
  sink: string;
  /** `IDLE` before the first message, `OK`, or `FAILING` while the latest attempt failed. */
  state: Name;
  /** Messages that wait. */
  waiting: number;
};

/** All routes in a few numbers. */
export type NotificationsHealthDto = {
  /** Messages that were left out because too many waited. */
  dropped: number;
  /** Messages that were given up. */
  failed: number;
  /** Routes whose latest attempt failed. */
  failing: string[];
  /** Updates of any kind that were not heard; what was news among them may not be told. */
  missed_updates: number;
  /** Messages that wait. */
  waiting: number;
};

/** A distance from a price. */
export type OffsetDto = {
  offset: string;
  unit: UnitName;
};

/** A distance from a price. */
export type OffsetRequest = {
  offset: Decimal;
  unit: UnitName;
};

/** What becomes of open orders, and of positions, when the strategy breaks. */
export type OnFaultName = "CANCEL" | "KEEP" | "FLATTEN";

/** An order with everything that was asked for. `deny_code` is set when our own risk gate refused it, and `deny_reason` says why: where a custom rule or an algorithm did, in its own words. */
export type OrderDto = PricesDto & TermsDto & {
  account: string;
  /** The algorithm that works it. */
  algorithm?: string | null;
  average_price?: string | null;
  /** Ids of its open parts and the latest closed ones, newest first; only where one order is asked for. */
  children?: string[] | null;
  deny_code?: string | null;
  deny_reason?: string | null;
  expires?: string | null;
  expires_ns?: string | null;
  filled: string;
  id: string;
  instrument: string;
  /** The order of which an algorithm sent this one as a part. */
  parent_order?: string | null;
  pending?: Name | null;
  quantity: string;
  remaining: string;
  side: SideName;
  status: Name;
  strategy: string;
  time_in_force: TimeInForceName;
  ts_created: string;
  ts_created_ns: string;
};

/** Body of `POST orders`, and one order of a list. `parent`, `group` and `rule` are for lists only. */
export type OrderTicketRequest = {
  algorithm?: AlgorithmCallRequest | null;
  display?: Quantity | null;
  expires?: Moment | null;
  group?: number | null;
  hold?: HoldRequest | null;
  instrument?: string | null;
  intent?: number;
  limit_offset?: OffsetRequest | null;
  parent?: number | null;
  position?: string | null;
  post_only?: boolean;
  price?: Decimal | null;
  quantity?: Quantity | null;
  quote_quantity?: boolean;
  reduce_only?: boolean | null;
  rule?: RuleName | null;
  side?: SideName | null;
  strategy?: string | null;
  tag?: string;
  time_in_force?: TimeInForceName;
  trail?: TrailRequest | null;
  trigger?: Decimal | null;
  trigger_by?: TriggerByName | null;
  type: KindName;
};

/** A position that differs from the venue's. */
export type OutsideDifferenceDto = {
  instrument: string;
  ours: string;
  theirs: string;
};

/** How things stand with a venue outside. */
export type OutsideDto = {
  accounts: StandingDto[];
  connected: boolean;
  /** The oldest of them, at most 100. */
  in_doubt: string[];
  /** How many orders' state is not known. */
  in_doubt_count: number;
  /** The latest, newest first, at most 20. */
  refusals: OutsideRefusalDto[];
  /** How often each rule decided what a doubtful report means. */
  ruled: { [name: string]: number };
  /** Since when, in event time; `null` while it never was there. */
  since?: string | null;
  since_ns?: string | null;
  /** The latest executions it took back, newest first, at most 20. */
  taken_back: TakenBackDto[];
};

/** What a venue refused, in its words. */
export type OutsideRefusalDto = {
  order: string;
  reason: string;
  time: string;
  time_ns: string;
};

/** A parameter that changed; `null` before for a new one, after for one that is gone. */
export type ParameterChangeDto = {
  after?: ParameterDto | null;
  before?: ParameterDto | null;
  name: string;
};

/** A parameter. */
export type ParameterDto = {
  /** `null` when it must be given. */
  default?: string | null;
  documentation: string;
  kind: string;
  maximum?: string | null;
  minimum?: string | null;
  name: string;
};

/** A parameter's value; numbers and truth values are taken as text. */
export type ParameterValue = string | number | boolean;

/** Body of `PUT strategies/{name}/parameters`. */
export type ParametersRequest = {
  parameters: { [name: string]: ParameterValue };
  probation?: ProbationRequest | null;
};

/** Body of `POST auth/password`. */
export type PasswordRequest = {
  /** At least 12 characters and at most 256 bytes, without the name. */
  new: string;
  old: string;
};

/** What a strategy made in a period, in quote currencies: nothing is converted, for nobody keeps what rates were. */
export type PerformanceDto = {
  /** All instruments of each quote currency together. */
  currencies: CurrencyFiguresDto[];
  instruments: InstrumentFiguresDto[];
  /** The last input whose rows are in the store, and count. */
  sequence: number;
  strategy: string;
};

/** A pipeline. */
export type PipelineDto = {
  /** Why the file cannot be used. */
  error?: string | null;
  file: string;
  latest?: RunDto | null;
  /** The gates of the file, in order. */
  stages: Name[];
  strategy: string;
};

/** Where the latest run is, with its strategy. */
export type PipelineStateDto = {
  plugin: string;
  run: number;
  stage: Name;
  state: Name;
  time: string;
  time_ns: string;
  verdict: string;
};

/** A place in a plugin's source. */
export type PlaceDto = {
  file: string;
  line: number;
};

/** All that is known of a plugin. */
export type PluginDetailDto = PluginDto & MoreDto & {
  acts: ActDto[];
  /** Its latest faults since it was released last, oldest first. */
  faults: FaultNoteDto[];
  quarantine?: QuarantineDto | null;
  refusal?: PluginRefusalDto | null;
  signature?: SignatureDto | null;
  /** `upload`, or the file that it is from. */
  source: SourceDto;
  uses: UseDto[];
};

/** How a plugin differs from another. What did not change is `null` or empty. */
export type PluginDifferenceDto = {
  authors?: AuthorsChangeDto | null;
  fuel: FuelChangeDto;
  imports: NamesDto;
  name?: TextChangeDto | null;
  options: NamesDto;
  /** `NEWER`, `OLDER`, `SAME`, or `UNORDERED` for versions without an order. */
  order: Name;
  parameters: ParameterChangeDto[];
  /** Whether the bytes are the same. */
  same: boolean;
  size_bytes: SizeChangeDto;
  version?: TextChangeDto | null;
  world?: TextChangeDto | null;
};

/** A plugin in a list. */
export type PluginDto = {
  /** The SHA-256 of its bytes. */
  hash: string;
  /** Whether its bytes are here. */
  kept: boolean;
  name: string;
  /** Whether it broke too often, and may not run until somebody releases it. */
  quarantined: boolean;
  /** The number of the key that it is signed with. */
  signed_by?: string | null;
  size_bytes: number;
  state: Name;
  /** When it came in first. */
  time: string;
  time_ns: string;
  /** Who has it now. */
  used_by: PluginUserDto[];
  version: string;
  world: string;
};

/** What was done with a plugin, and what ran it. */
export type PluginHistoryDto = {
  acts: ActDto[];
  /** The latest first; `null` when there is no store to read them from. */
  runs?: PluginRunDto[] | null;
  /** Why there are none to show. */
  runs_unavailable?: string | null;
  uses: UseDto[];
};

/** Why a plugin may not run. */
export type PluginRefusalDto = {
  code: string;
  detail: string;
};

/** A time during which a strategy ran it. */
export type PluginRunDto = {
  ended_by?: Name | null;
  /** The input that began it. */
  from: number;
  from_time: string;
  from_time_ns: string;
  strategy: string;
  /** The input that ended it; `null` while it runs. */
  to?: number | null;
  to_time?: string | null;
  to_time_ns?: string | null;
};

/** Who has a plugin. */
export type PluginUserDto = {
  name: string;
  /** `strategy`, `algorithm`, `rule` or `venue model`. */
  role: string;
};

/** What is held at one moment. What cannot be told for lack of a price or a rate is `null`, and what lacks it stands in `unpriced` and `unconverted`. */
export type PortfolioDto = {
  /** Each account in its base currency. */
  accounts: AccountWorthDto[];
  /** Each instrument of which there ever was a position, in its quote currency. */
  instruments: InstrumentSumsDto[];
  /** The last input that it shows. */
  sequence: number;
  /** Each strategy that ever had a position, in the base currency of its account. */
  strategies: StrategySumsDto[];
  time: string;
  time_ns: string;
  /** All accounts together, once in each base currency that an account has. */
  totals: WorthDto[];
};

/** A position; money is in `currency`. */
export type PositionDto = {
  average_price?: string | null;
  /** What changed it last. */
  change: Name;
  currency?: string | null;
  fees: string;
  instrument: string;
  open_cost: string;
  /** Which of several, on a hedging account; `null` for what they come to in all. */
  position?: string | null;
  /** Negative when short. */
  quantity: string;
  /** Profit of what was closed, before fees. */
  realized: string;
  side: Name;
  strategy: string;
  ts_event: string;
  ts_event_ns: string;
  /** Profit of the open part at the mark; `null` without a price. */
  unrealized?: string | null;
};

/** An exact price above nothing, as a string. */
export type Price = string;

export type PriceDto = {
  /** Nanoseconds; `null` does not bind. */
  drift_window_ns?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_distance?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_drift?: string | null;
};

/** The type of an order, and its prices as they are now. */
export type PricesDto = {
  limit_offset?: OffsetDto | null;
  price?: string | null;
  trail?: TrailDto | null;
  trigger?: string | null;
  trigger_by?: TriggerByName | null;
  /** The price that wakes it now: the trigger, or where a trailing one has got to; `null` once it woke. */
  trigger_now?: string | null;
  type: KindName;
};

/** `PATCH instruments/{symbol}/prices`; one of the two at least. What is left out stays. */
export type PricesRequest = {
  index?: Price | null;
  mark?: Price | null;
};

/** A version that is watched. */
export type ProbationDto = {
  before?: StrategyPluginDto | null;
  canary?: CanaryDto | null;
  max_denials?: number | null;
  max_denied_percent?: number | null;
  max_drawdown?: string | null;
  max_faults: number;
  max_loss?: string | null;
  since: string;
  since_ns: string;
  until: string;
  until_ns: string;
};

/** What operators say of it. */
export type ProbationRequest = {
  /** Engine time from the switch on: more than 0 and at most 92 days. */
  for_ns: ProbationTime;
  max_denials?: number | null;
  /** How many of a hundred orders and changes may be refused, once 20 were judged. */
  max_denied_percent?: number | null;
  /** How far it may fall below the most it had brought, in the account's base currency, 0 or more. */
  max_drawdown?: string | null;
  /** Faults that are borne. */
  max_faults?: number;
  /** In the account's base currency, 0 or more. */
  max_loss?: string | null;
};

/** Nanoseconds: more than 0 and at most 92 days. */
export type ProbationTime = string;

/** Why a request was refused (RFC 9457). */
export type Problem = {
  /** Stable name of the kind of refusal. */
  code: "AUDIT_FAILED" | "BUSY" | "CATALOG_UNAVAILABLE" | "CHANGE_DENIED" | "CONFLICT" | "FIELDS_DISAGREE" | "FORBIDDEN" | "FORBIDDEN_ADDRESS" | "FORBIDDEN_HOST" | "FORBIDDEN_ORIGIN" | "FULL" | "IDEMPOTENCY_ANSWER_NOT_KEPT" | "IDEMPOTENCY_KEY_IN_USE" | "IDEMPOTENCY_KEY_MISSING" | "IDEMPOTENCY_KEY_REUSED" | "IDEMPOTENCY_OUTCOME_UNKNOWN" | "IDENTITY_OFF" | "INTERNAL" | "INVALID_FIELD" | "INVALID_HEADER" | "INVALID_PATH" | "INVALID_QUERY" | "LOCKED" | "MALFORMED_BODY" | "MALFORMED_JSON" | "METHOD_NOT_ALLOWED" | "NOT_A_WEBSOCKET" | "NOT_FOUND" | "NOT_KEPT" | "NOT_PERMITTED" | "NOT_RUNNING" | "NOT_SENT" | "NOT_STORED" | "NO_CATALOG" | "NO_STORE" | "PAYLOAD_TOO_LARGE" | "PLUGIN_AMBIGUOUS" | "PLUGIN_DOWNGRADE" | "PLUGIN_HELD_BACK" | "PLUGIN_IN_USE" | "PLUGIN_KEY_REVOKED" | "PLUGIN_KEY_UNKNOWN" | "PLUGIN_NOT_APPROVED" | "PLUGIN_QUARANTINED" | "PLUGIN_REFUSED" | "PLUGIN_REVOKED" | "PLUGIN_SIGNATURE_MALFORMED" | "PLUGIN_SIGNATURE_OLD" | "PLUGIN_SIGNATURE_WRONG" | "PLUGIN_STATE" | "PLUGIN_UNKNOWN" | "PLUGIN_UNSIGNED" | "PLUGIN_VERSION_UNORDERED" | "PRECONDITION_FAILED" | "PRECONDITION_REQUIRED" | "REFRESH_REUSED" | "REGISTRY_DISK" | "REGISTRY_FULL" | "STALE" | "STORE_UNAVAILABLE" | "TIMEOUT" | "TOO_MANY" | "UNAUTHENTICATED" | "UNKNOWN_SUBPROTOCOL" | "UNSUPPORTED_MEDIA_TYPE" | "WRONG_CREDENTIALS";
  /** Why the risk gate refused a change. */
  deny_code?: string;
  /** For people; it may change. */
  detail: string;
  /** JSON pointer to the value at fault, in the body or among the query parameters. */
  field?: string;
  /** The stage at which a plugin was refused. */
  stage?: string;
  status: number;
  /** What the status is called. */
  title: string;
  /** The trace that the request is part of, where it is part of one. */
  trace_id?: string;
  /** The code in small letters, as an identifier. */
  type: string;
};

/** What the process takes of the machine; `null` is what the system does not tell. */
export type ProcessDto = {
  /** Memory that is resident. */
  memory_bytes?: number | null;
  /** Most that may be. */
  most_files?: number | null;
  /** File descriptors that are open. */
  open_files?: number | null;
  processor_time_ns?: string | null;
  threads?: number | null;
};

/** Body of `POST strategies/{name}/shadow/promote` and `canary/promote`, where there is one. */
export type PromoteRequest = {
  /** The SHA-256 of the version that is meant; that which is there when absent. */
  plugin?: string | null;
  probation?: ProbationRequest | null;
};

/** An exact amount of an instrument, as a string. */
export type Quantity = string;

/** Why a plugin may not run until somebody releases it. */
export type QuarantineDto = {
  reason: string;
  time: string;
  time_ns: string;
};

/** A queue. */
export type QueueDto = {
  bound: number;
  waiting: number;
};

/** What waits, and how much of it may. */
export type QueuesDto = {
  commands: QueueDto;
  market: QueueDto;
  /** Changes that wait to be shown to readers. */
  projection: QueueDto;
};

/** The best bid and ask. */
export type QuoteDto = {
  ask: string;
  ask_size?: string | null;
  bid: string;
  bid_size?: string | null;
  instrument: string;
  ts_event: string;
  ts_event_ns: string;
  ts_init: string;
  ts_init_ns: string;
};

/** Whether it is ready. */
export type ReadyDto = {
  /** Why it takes no requests. */
  reasons: string[];
  status: string;
  /** What somebody should know though it does. */
  warnings: string[];
};

/** Body of `POST plugins/{plugin}/revoke` and `release`, which need no force. */
export type ReasonRequest = {
  by?: string | null;
  reason?: string | null;
};

/** A record of the log. */
export type RecordDto = {
  action: string;
  actor: string;
  after?: unknown;
  /** The approval that was used, and who confirmed it. */
  approval?: string | null;
  before?: unknown;
  confirmed_by?: string | null;
  number: number;
  outcome: string;
  /** Path and query. */
  place: string;
  request: string;
  subject: string;
  time: string;
};

/** A regime. */
export type RegimeDto = {
  factor: string;
  regime: string;
};

/** Body of `PUT risk/regime`. */
export type RegimeRequest = {
  regime: string;
  scope: string;
};

/** All regimes, and which scopes are in one. */
export type RegimesDto = {
  regimes: RegimeDto[];
  scopes: ScopeRegimeDto[];
};

/** Answer to a release. */
export type ReleasedDto = {
  plugin: PluginDetailDto;
  /** Strategies that have it, and stay as they are until somebody resumes or starts them. */
  strategies: string[];
};

/** How far the restart of a strategy is. */
export type RestartDto = {
  /** Which of the restarts in a row it is. */
  attempt: number;
  /** When it is started again, while that waits. */
  due_ns?: string | null;
  of: number;
  /** `WAITING`, `RESTORED`, `FRESH` or `GAVE_UP`. */
  outcome: Name;
  reason?: string | null;
  time: string;
  time_ns: string;
};

/** What is kept of the journal. */
export type RetentionDto = {
  /** Why nothing could be dropped. */
  error?: string | null;
  /** The first input that is there. */
  first_sequence: number;
  /** Who needs more than is to be kept: `snapshots`, `store` or `bus`. */
  held_by?: string | null;
};

/** Answer to a revocation. */
export type RevokedDto = {
  /** Strategies that ran it and are paused now. */
  paused: string[];
  plugin: PluginDetailDto;
};

/** That a version was sent back. */
export type RollBackDto = {
  from?: StrategyPluginDto | null;
  reason: string;
  /** Engine sequence of the input during which it happened. */
  sequence: number;
  time: string;
  time_ns: string;
};

/** A custom pre-trade rule. */
export type RuleDto = {
  name: string;
  parameters: { [name: string]: string };
  /** The hash of its plugin's bytes. */
  plugin: string;
  /** Whose orders it judges. */
  scope: string;
};

/** What an order of a group does to the others: OCO cancels them, OUO shrinks them by what it fills. */
export type RuleName = "OCO" | "OUO";

/** Body of `PUT risk/rules/{name}`. */
export type RuleRequestDto = {
  /** Who asks, as they say. */
  by?: string | null;
  /** Whether an older version than what runs or is approved will do. */
  force?: boolean;
  parameters?: { [name: string]: ParameterValue };
  /** Path below the host's plugin folder, or `sha256:` and the hash of one that the host has. */
  plugin: string;
  scope?: string;
};

/** Somebody who said yes. */
export type RunApprovalDto = {
  by: string;
  reason?: string | null;
  time: string;
  time_ns: string;
};

/** A version on its way. */
export type RunDto = {
  approvals: RunApprovalDto[];
  began: string;
  began_ns: string;
  by: string;
  ended?: string | null;
  ended_ns?: string | null;
  force: boolean;
  id: number;
  parameters: { [name: string]: string };
  plugin: string;
  /** From 0 to 1; each stage counts as one part. */
  progress: number;
  stage?: Name | null;
  stages: StepDto[];
  state: Name;
  strategy: string;
  /** Name and version of the component. */
  title: string;
  verdict: string;
};

/** Body of what people say about a run. */
export type SaidRequest = {
  by: string;
  reason?: string | null;
};

/** Saved state, without its bytes. */
export type SavedDto = {
  bytes: number;
  version: number;
};

export type ScalingDto = {
  /** An exact decimal; `null` does not bind. */
  calm_volatility?: string | null;
  /** An exact decimal; `null` does not bind. */
  drawdown_from?: string | null;
  /** Nanoseconds; `null` does not bind. */
  volatility_window_ns?: string | null;
};

/** A scenario. */
export type ScenarioDto = {
  name: string;
  shocks?: ShockDto[] | null;
  window?: WindowDto | null;
};

/** What something would gain. */
export type ScenarioProfitDto = {
  name: string;
  profit?: number | null;
};

/** Body of `PUT risk/scenarios/{name}`: shocks, a window or history. */
export type ScenarioRequest = {
  history?: HistoryDto | null;
  shocks?: ShockDto[] | null;
  window?: WindowDto | null;
};

/** What a scenario would do to today's holdings; amounts are in `currency`. */
export type ScenarioResultDto = {
  accounts: ScenarioProfitDto[];
  /** What balances in other currencies would gain. */
  balances?: number | null;
  currency: string;
  instruments: ScenarioProfitDto[];
  /** Profit of the firm, balances included. */
  profit?: number | null;
  scenario: string;
  strategies: ScenarioProfitDto[];
  /** The same after the scenario. */
  stressed_value_at_risk?: number | null;
  time: string;
  time_ns: string;
  unavailable: { [name: string]: string };
  /** Normal value at risk at the highest confidence, as it is. */
  value_at_risk?: number | null;
  /** The worst profit of holdings on the way; of a window only. */
  worst?: number | null;
};

/** Whether orders under a scope may leave. */
export type ScopeDto = {
  killed: boolean;
  scope: string;
  state: Name;
};

/** The limits of a scope. */
export type ScopeLimitsDto = {
  /** What quantities and values are multiplied by on command. */
  factor: string;
  limits: LimitsDto;
  /** The regime that set this factor, if one did. */
  regime?: string | null;
  scope: string;
};

/** The metrics of a scope; amounts are in `currency`. */
export type ScopeMetricsDto = {
  beta?: number | null;
  beta_exposure?: number | null;
  components: ComponentDto[];
  concentration?: number | null;
  currencies: CurrencyExposureDto[];
  currency: string;
  drawdown: DrawdownDto;
  equity?: number | null;
  exposure?: HeldExposureDto | null;
  five_largest_share?: number | null;
  instruments: InstrumentExposureDto[];
  largest_share?: number | null;
  leverage?: number | null;
  liquidity_days?: number | null;
  /** Returns that all its instruments have in common. */
  returns: number;
  scope: string;
  sectors: SectorExposureDto[];
  tails: TailDto[];
  unavailable: { [name: string]: string };
};

/** A scope in a regime. */
export type ScopeRegimeDto = {
  regime: string;
  scope: string;
};

/** What is held of a sector; `null` for instruments without one. */
export type SectorExposureDto = HeldExposureDto & {
  sector?: string | null;
};

/** A difference. */
export type ShadowDifferenceDto = {
  kind: Name;
  /** Counts up from 1. */
  number: number;
  running?: WantedDto | null;
  shadow?: WantedDto | null;
  time: string;
  time_ns: string;
};

/** A shadow that trades, as it is shown with its strategy. */
export type ShadowDto = {
  /** Engine sequence at which it began. */
  begun_at: number;
  hand_over: HandOverName;
  plugin: StrategyPluginDto;
  since: string;
  since_ns: string;
};

/** What positions brought, in the account's base currency. */
export type ShadowProfitDto = {
  currency?: string | null;
  fees: string;
  /** All of it less fees; `null` when that does not fit. */
  net?: string | null;
  open: string;
  /** Before fees. */
  realized: string;
};

/** How far the two versions agree. */
export type ShadowReportDto = ShadowDto & {
  /** The first differences, at most 50. */
  first: ShadowDifferenceDto[];
  inputs: number;
  /** The latest that are not among the first, at most 50. */
  latest: ShadowDifferenceDto[];
  matched: number;
  only_running: number;
  only_shadow: number;
  /** Orders whose counterpart may still come. */
  open: number;
  other_terms: number;
  /** Why it is over. */
  reason?: string | null;
  running: SideDto;
  shadow: SideDto;
  state: Name;
  strategy: string;
  /** How far it has come. */
  time: string;
  time_ns: string;
  tolerance_ns: string;
  /** In a sentence. */
  verdict: string;
  /** Inputs and events that wait for it. */
  waiting: number;
};

/** Body of `POST strategies/{name}/shadow` as JSON. */
export type ShadowStrategyRequest = {
  by?: string | null;
  force?: boolean;
  parameters?: { [name: string]: ParameterValue };
  /** As of a new strategy; the plugin that runs when absent. */
  plugin?: string | null;
  state?: HandOverName;
  tolerance_ns?: WholeNumber | null;
};

/** A shock. */
export type ShockDto = {
  price?: Change | null;
  target: string;
  volatility?: Change | null;
};

export type ShortDto = {
  day_trade_days?: number | null;
  locate_required?: boolean | null;
  max_day_trades?: number | null;
  no_short_sale?: boolean | null;
};

/** What one version did since the shadow began. */
export type SideDto = {
  cancels: number;
  changes: number;
  denied: number;
  faults: number;
  fills: number;
  handling: HandlingDto;
  orders: number;
  positions: HeldDto[];
  profit?: ShadowProfitDto | null;
};

/** Buy or sell. */
export type SideName = "BUY" | "SELL";

/** A signal that a strategy was told. */
export type SignalAnswer = {
  /** Whether the strategy was told before under this id, and was not now. */
  duplicate: boolean;
  id: string;
  /** Its name. */
  signal: string;
  strategy: string;
};

/** Body of `POST strategies/{name}/signals`. */
export type SignalRequest = {
  /** The same for the same signal, however often it is sent. */
  id: string;
  /** What it is: letters, digits, `-`, `_` and `.`. */
  name: string;
  /** At most 32, and 4,096 bytes with their names and the signal's. */
  values?: { [name: string]: string };
};

/** Who signed. */
export type SignatureDto = {
  comment: string;
  key: string;
  key_id?: string | null;
};

/** How large it is, in bytes, before and after. */
export type SizeChangeDto = {
  after: number;
  before: number;
};

/** How a plugin came in. */
export type SourceDto = "upload" | {
  file: string;
};

/** All sources. */
export type SourcesDto = {
  feed?: FeedDto | null;
  /** The gateways of venues outside. */
  gateways: GatewayDto[];
  /** Inputs of any source without effect: stale, impossible, or of something that is not known. */
  ignored: number;
  market_data: MarketDataDto;
};

/** How something is spread over events. */
export type SpreadDto = {
  max: number;
  p50: number;
  p99: number;
};

/** Whether an account agrees with its venue. */
export type StandingDto = {
  account: string;
  /** When it was last compared with what the venue holds; `null` while it never was. */
  compared?: string | null;
  compared_ns?: string | null;
  /** Positions that differed then. */
  differences: OutsideDifferenceDto[];
  since: string;
  since_ns: string;
  /** `RECONCILED`, `UNKNOWN` or `DIFFERS`. */
  standing: Name;
};

/** Body of `PUT risk/states/{scope}`. */
export type StateRequest = {
  state: TradingStateName;
};

/** What a venue says of an instrument, as requests name it. */
export type StatusName = "HALTED" | "TRADING";

/** `PUT instruments/{symbol}/status`. */
export type StatusRequest = {
  status: StatusName;
};

/** One stage of it. */
export type StepDto = {
  began?: string | null;
  began_ns?: string | null;
  criteria: CriterionDto[];
  ended?: string | null;
  ended_ns?: string | null;
  /** From 0 to 1. */
  progress: number;
  stage: Name;
  state: Name;
  verdict: string;
};

/** How the store stands. */
export type StoreDto = {
  /** Why it cannot be written. */
  error?: string | null;
  /** What no journal has. */
  kept: KeptDto;
  /** The last input whose rows are there. */
  sequence: number;
  state: Name;
};

/** A strategy. Its log and older faults have routes of their own. */
export type StrategyDto = {
  account: string;
  /** Faults remembered, at most 20. */
  fault_count: number;
  id: number;
  last_build?: BuildDto | null;
  last_fault?: FaultDto | null;
  last_roll_back?: RollBackDto | null;
  manual: boolean;
  name: string;
  pipeline?: PipelineStateDto | null;
  plugin?: StrategyPluginDto | null;
  probation?: ProbationDto | null;
  restart?: RestartDto | null;
  /** When it saved the state from which it is started again. */
  saved_at_ns?: string | null;
  shadow?: ShadowDto | null;
  state: Name;
  /** How far a swap under way has got. */
  swap?: string | null;
};

/** A plugin. */
export type StrategyPluginDto = {
  hash: string;
  name: string;
  parameters: { [name: string]: string };
  version: string;
};

/** What a strategy's positions come to. */
export type StrategySumsDto = SumsDto & {
  strategy: string;
};

/** What positions come to, in `currency`. */
export type SumsDto = {
  currency: string;
  fees?: string | null;
  /** Values at the marks, longs and shorts alike; longs of one strategy do not cancel shorts of another. */
  gross_exposure?: string | null;
  /** Values at the marks, shorts negative. */
  net_exposure?: string | null;
  /** Profit of what was closed, before fees, and what funding and dividends brought. */
  realized?: string | null;
  /** Currencies of which something is part of it and for which there is no rate. */
  unconverted: string[];
  /** Symbols that are held and have no price. */
  unpriced: string[];
  /** Profit of what is open, at the marks. */
  unrealized?: string | null;
};

/** What a swap did. */
export type SwapReportDto = {
  begun_at: number;
  caught_up: number;
  committed_at: number;
  strategy: StrategyDto;
  switch_ns: string;
  total_ns: string;
};

/** Body of `POST strategies/{name}/swap` as JSON. */
export type SwapStrategyRequest = {
  by?: string | null;
  force?: boolean;
  parameters?: { [name: string]: ParameterValue };
  /** As of a new strategy; the plugin that runs when absent. */
  plugin?: string | null;
  probation?: ProbationRequest | null;
  /** Starts one that is stopped or broken with it. */
  start?: boolean;
  /** What it begins with. */
  state?: HandOverName;
};

/** The process as a whole. */
export type SystemDto = {
  build: BuildOfHostDto;
  /** How long ago the engine's thread last asked for work; more than seconds: it is stuck. */
  engine_quiet_ns: string;
  features: FeaturesDto;
  /** As `GET health` tells it: the engine, the store, the bus, what is kept of the journal, notifications. */
  health: HealthDto;
  journal?: JournalDto | null;
  process: ProcessDto;
  queues: QueuesDto;
  /** Names this run. */
  run: string;
  /** When the API began. */
  started: string;
  started_ns: string;
  /** How long ago that was. */
  uptime_ns: string;
  version: string;
};

/** Losses at one confidence. */
export type TailDto = {
  confidence: string;
  historical?: number | null;
  historical_shortfall?: number | null;
  normal?: number | null;
  normal_shortfall?: number | null;
  simulated?: number | null;
  simulated_shortfall?: number | null;
};

/** An execution that a venue took back. */
export type TakenBackDto = {
  fill: FillDto;
  time: string;
  time_ns: string;
};

/** What most orders do not need, and the order's place in its list. */
export type TermsDto = {
  display?: string | null;
  group?: number | null;
  hold?: HoldDto | null;
  intent: number;
  /** The id of the first order of its list. */
  list?: string | null;
  parent?: number | null;
  /** The position it opens, adds to or closes, where the account holds several in one instrument. */
  position?: string | null;
  post_only: boolean;
  quote_quantity: boolean;
  reduce_only: boolean;
  rule?: RuleName | null;
  tag?: string | null;
};

/** A route that was tried. */
export type TestedDto = {
  route: string;
  sent: boolean;
};

/** A text before and after. */
export type TextChangeDto = {
  after: string;
  before: string;
};

/** A ticket for `/ws`. */
export type TicketDto = {
  ticket: string;
};

/** How long an order lives. */
export type TimeInForceName = "GTC" | "IOC" | "FOK" | "DAY" | "GTD" | "AT_THE_OPEN" | "AT_THE_CLOSE";

/** The same of lengths of time, in nanoseconds. */
export type TimeSpreadDto = {
  max: string;
  p50: string;
  p99: string;
};

/** A daily session, in UTC. A close at or before the open is the next day's. */
export type TradingHoursDto = {
  close: string;
  /** Days on which it opens. */
  days: Name[];
  open: string;
};

/** A trading state as requests name it. */
export type TradingStateName = "ACTIVE" | "REDUCING" | "HALTED";

/** Body of `POST engine/trading-state`. */
export type TradingStateRequest = {
  state: TradingStateName;
};

/** How a stop follows the market. */
export type TrailDto = OffsetDto & {
  activation?: string | null;
};

/** How a stop follows the market. */
export type TrailRequest = {
  activation?: Decimal | null;
  offset: Decimal;
  unit: UnitName;
};

/** Which price a trigger watches. */
export type TriggerByName = "BID_ASK" | "LAST" | "MID" | "MARK" | "INDEX";

/** In what an offset is counted. */
export type UnitName = "PRICE" | "BASIS_POINTS" | "TICKS";

/** Where a plugin was put to use. */
export type UseDto = {
  /** The run that began the journal. */
  journal: string;
  name: string;
  role: string;
  time: string;
  time_ns: string;
};

/** A person. */
export type UserDto = {
  created: string;
  desk: DeskDto;
  disabled: boolean;
  has_password: boolean;
  invited_until?: string | null;
  name: string;
  networks: string[];
  roles: ("viewer" | "operator" | "author" | "risk" | "admin")[];
  version: number;
};

/** A session. */
export type UserSessionDto = {
  address: string;
  created: string;
  expires: string;
  id: string;
  used: string;
  user: string;
};

/** A venue. Models are of simulated ones alone. */
export type VenueDto = {
  fee: FeeModelDto;
  fill: FillModelDto;
  /** Order types it does not take. */
  lacks: KindName[];
  latency: LatencyModelDto;
  /** The latest faults of its models, newest first, at most 20. */
  model_faults: ModelFaultDto[];
  name: string;
  outside?: OutsideDto | null;
  /** What it does where orders of one account meet, if it is simulated: `NONE`, `CANCEL_NEWEST`, `CANCEL_OLDEST`, `CANCEL_BOTH` or `DECREMENT_AND_CANCEL`. */
  self_match: string;
};

export type VolumeDto = {
  /** An exact decimal; `null` does not bind. */
  max_book_share?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_day_share?: string | null;
  /** An exact decimal; `null` does not bind. */
  max_depth_share?: string | null;
};

/** An order that a version wanted. */
export type WantedDto = PricesDto & {
  /** The code with which the risk gate refused it at once. */
  deny_code?: string | null;
  /** In the engine that made it. */
  id: string;
  instrument: string;
  quantity: string;
  side: SideName;
  time: string;
  time_in_force: TimeInForceName;
  time_ns: string;
};

/** What happened, with what there is to know of it. */
export type WhatDto = {
  event: "FUNDING";
  rate: string;
} | {
  event: "FINAL_PRICE";
  price: string;
} | {
  event: "EXPIRY";
} | {
  event: "SETTLEMENT";
  price: string;
} | {
  denominator: number;
  event: "SPLIT";
  numerator: number;
} | {
  amount: string;
  currency?: string | null;
  event: "DIVIDEND";
} | MarginCallDto & {
  event: "MARGIN_COVERED";
} | MarginCallDto & {
  event: "MARGIN_CALL";
} | MarginCallDto & {
  event: "LIQUIDATION";
} | MarginCallDto & {
  event: "MARGIN_SHORT";
};

/** What becomes of a canary when its time is over. */
export type WhenOverName = "ROLL_BACK" | "PROMOTE";

/** A whole number below 2^64. */
export type WholeNumber = string;

/** A past window. */
export type WindowDto = {
  from: Moment;
  to: Moment;
};

/** What accounts are worth, in `currency`. */
export type WorthDto = SumsDto & {
  /** Balances of all currencies. */
  cash?: string | null;
  /** Gross exposure over net worth, a statistic; `null` where that is not above zero. */
  leverage?: number | null;
  /** `cash` and `positions_value`. */
  net_worth?: string | null;
  /** What positions are worth beyond the balances: in a margin account the profit of what is open, in a cash account the value of what it owns and what is no balance. */
  positions_value?: string | null;
};
