-- The projection of the journal: what is here can be thrown away and made again from it (`argonaut
-- store rebuild`), up to the last two tables. The same statements run on SQLite and on PostgreSQL.
--
-- Types. Moments are nanoseconds since the epoch (UTC) in BIGINT, as in the journal: a TIMESTAMPTZ
-- would lose the nanoseconds. Amounts are DECIMAL_TEXT: on PostgreSQL a domain over NUMERIC, on
-- SQLite, by the rules of affinity, TEXT that holds the plain decimal and nothing else, since SQLite
-- has no exact decimal and 64 bits do not hold all amounts. Order by `CAST(x AS REAL)` there, or by
-- the host's collation `decimal`, which is exact. Ids are the journal's handles; the tables of names
-- say what they stand for. An order id is `sequence * 4096 + n`, shown to people as `sequence-n`.
--
-- Every row says where it comes from: the engine's time, the sequence of the input that led to it
-- and its place among the rows of that input. The three together are unique in a table and in the
-- order of events, and pages of queries are cut by them.
--
-- The last two tables are of what no journal has. `argonaut store rebuild` takes their rows over.
--
-- There are no foreign keys: rows of a batch are written table by table, and the journal has
-- been checked by the engine before.

-- How far the journal is in here. Written in the transaction of the rows it speaks of.
CREATE TABLE projection (
    id BIGINT PRIMARY KEY,          -- always 1
    sequence BIGINT NOT NULL,       -- the last input whose rows are here
    hash TEXT NOT NULL              -- the journal's hash after it: names the journal
);
INSERT INTO projection (id, sequence, hash) VALUES (1, 0, '');

CREATE TABLE currencies (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE venues (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE instruments (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    symbol TEXT NOT NULL,
    venue BIGINT NOT NULL,
    class TEXT NOT NULL,
    quote_currency BIGINT NOT NULL,
    tick DECIMAL_TEXT NOT NULL,
    lot DECIMAL_TEXT NOT NULL,
    multiplier DECIMAL_TEXT NOT NULL
);

CREATE TABLE accounts (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    venue BIGINT NOT NULL,
    kind TEXT NOT NULL,             -- CASH or MARGIN
    base_currency BIGINT NOT NULL
);

CREATE TABLE strategies (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    account BIGINT NOT NULL
);

-- What operators and workers asked of strategies: starts and swaps name the plugin that was to run.
CREATE TABLE strategy_versions (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    strategy BIGINT NOT NULL,
    event TEXT NOT NULL,            -- START, PAUSE, RESUME, STOP, SWAP_BEGIN, SWAP_COMMIT, SWAP_ABORT, FAULT,
                                    -- SHADOW_BEGIN, SHADOW_END, ROLL_BACK, PROBATION_END
    plugin TEXT,                    -- SHA-256 of the plugin's bytes, where the event names one
    reason TEXT,                    -- of SWAP_ABORT, FAULT, SHADOW_END, ROLL_BACK and PROBATION_END
    PRIMARY KEY (time, sequence, ordinal)
);

-- The parameters of the START or SWAP_BEGIN with the same sequence.
CREATE TABLE parameters (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    strategy BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

-- Orders as they are now. `time`, `sequence` and `ordinal` say when they were made.
CREATE TABLE orders (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    id BIGINT PRIMARY KEY,
    strategy BIGINT NOT NULL,
    account BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    quantity DECIMAL_TEXT NOT NULL,
    price DECIMAL_TEXT,
    trigger_price DECIMAL_TEXT,
    time_in_force TEXT NOT NULL,
    expires BIGINT,                 -- of GTD and DAY
    post_only BIGINT NOT NULL,      -- 0 or 1
    reduce_only BIGINT NOT NULL,    -- 0 or 1
    tag TEXT NOT NULL,
    intent DECIMAL_TEXT NOT NULL,   -- the asker's own number, 0 for none
    list BIGINT,                    -- the first order of the list it came in
    parent BIGINT,                  -- the order it is a part of
    position BIGINT,                -- of a hedging account: the order that opened the position
    status TEXT NOT NULL,
    filled DECIMAL_TEXT NOT NULL,
    deny_code TEXT,
    updated BIGINT NOT NULL         -- event time of its last change
);
CREATE UNIQUE INDEX orders_by_time ON orders (time, sequence, ordinal);

CREATE TABLE order_events (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    strategy BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    side TEXT NOT NULL,
    event TEXT NOT NULL,
    status TEXT NOT NULL,
    filled DECIMAL_TEXT NOT NULL,
    quantity DECIMAL_TEXT NOT NULL,
    price DECIMAL_TEXT,             -- of UPDATED
    trigger_price DECIMAL_TEXT,     -- of UPDATED
    deny_code TEXT,                 -- of DENIED and UPDATE_DENIED
    reason TEXT,                    -- what a custom rule said when it denied
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);
CREATE INDEX order_events_by_order ON order_events (order_id);

CREATE TABLE fills (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    execution DECIMAL_TEXT NOT NULL, -- the venue's number; needs all of 64 bits
    order_id BIGINT NOT NULL,
    strategy BIGINT NOT NULL,
    account BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    position BIGINT,
    side TEXT NOT NULL,
    price DECIMAL_TEXT NOT NULL,
    quantity DECIMAL_TEXT NOT NULL,
    fee DECIMAL_TEXT NOT NULL,      -- in the instrument's quote currency; negative is a rebate
    liquidity TEXT NOT NULL,        -- MAKER or TAKER
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

-- Positions after each change; the one with the greatest sequence and ordinal is how it stands.
CREATE TABLE positions (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    strategy BIGINT NOT NULL,
    account BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    position BIGINT,                -- of a hedging account; NULL for all of them together
    change TEXT NOT NULL,           -- what changed it
    quantity DECIMAL_TEXT NOT NULL, -- long is positive
    open_cost DECIMAL_TEXT NOT NULL,
    realized DECIMAL_TEXT NOT NULL,
    fees DECIMAL_TEXT NOT NULL,
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);
CREATE INDEX positions_by_owner ON positions (strategy, instrument, sequence);

-- Money that came or went without a trade; deposits are those of the configuration.
CREATE TABLE cash_flows (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    account BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    amount DECIMAL_TEXT NOT NULL,
    reason TEXT NOT NULL,
    strategy BIGINT,
    instrument BIGINT,
    PRIMARY KEY (time, sequence, ordinal)
);

-- What accounts have after each fill and each movement of money, a deposit of the configuration
-- too; the one with the greatest sequence and ordinal is how it stands.
CREATE TABLE balances (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    account BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    total DECIMAL_TEXT NOT NULL,    -- held back money included
    locked DECIMAL_TEXT NOT NULL,   -- held back then; orders that only rest or leave make no row
    PRIMARY KEY (time, sequence, ordinal)
);
CREATE INDEX balances_by_account ON balances (account, currency, time);

-- What operators and controls decided about trading: states, kills, factors of limits.
CREATE TABLE risk_events (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    event TEXT NOT NULL,            -- TRADING_STATE, KILL, FACTOR or MODEL_FAULT
    scope TEXT NOT NULL,            -- FIRM, ACCOUNT, STRATEGY or INSTRUMENT
    strategy BIGINT, account BIGINT, instrument BIGINT, -- of that scope
    value TEXT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

CREATE TABLE quotes (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    bid DECIMAL_TEXT NOT NULL,
    ask DECIMAL_TEXT NOT NULL,
    bid_size DECIMAL_TEXT NOT NULL,
    ask_size DECIMAL_TEXT NOT NULL,
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

CREATE TABLE trades (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    price DECIMAL_TEXT NOT NULL,
    size DECIMAL_TEXT NOT NULL,
    aggressor TEXT,
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

CREATE TABLE bars (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    instrument BIGINT NOT NULL,
    method TEXT NOT NULL,           -- TIME, TICK or VOLUME
    step DECIMAL_TEXT NOT NULL,     -- nanoseconds, events or quantity
    basis TEXT NOT NULL,            -- BID, ASK, MID or LAST
    open DECIMAL_TEXT NOT NULL,
    high DECIMAL_TEXT NOT NULL,
    low DECIMAL_TEXT NOT NULL,
    close DECIMAL_TEXT NOT NULL,
    volume DECIMAL_TEXT NOT NULL,
    ts_open BIGINT NOT NULL,
    ts_event BIGINT NOT NULL,
    PRIMARY KEY (time, sequence, ordinal)
);

-- What no journal has: what the host said while it ran. There may be gaps where the host or the
-- database was away. `time` is engine time.

-- What the firm, its accounts and its strategies may lose, as it was reckoned then: every 5 s of
-- engine time. Figures are those of floating point numbers, each as the shortest decimal that is the
-- same number, and NULL where there was too little to tell. `sequence` is 0: a reckoning is of a time.
CREATE TABLE risk_metrics (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    scope TEXT NOT NULL,            -- FIRM, ACCOUNT or STRATEGY
    strategy BIGINT, account BIGINT, -- of that scope
    currency BIGINT NOT NULL,       -- of all amounts
    equity DECIMAL_TEXT,
    gross_exposure DECIMAL_TEXT,
    net_exposure DECIMAL_TEXT,
    leverage DECIMAL_TEXT,
    drawdown DECIMAL_TEXT,          -- below its best, as an amount
    max_drawdown DECIMAL_TEXT,
    concentration DECIMAL_TEXT,
    largest_share DECIMAL_TEXT,
    beta DECIMAL_TEXT,
    liquidity_days DECIMAL_TEXT,
    confidence DECIMAL_TEXT,        -- of what follows: the highest of the configuration
    value_at_risk DECIMAL_TEXT,
    normal_value_at_risk DECIMAL_TEXT,
    simulated_value_at_risk DECIMAL_TEXT,
    expected_shortfall DECIMAL_TEXT,
    PRIMARY KEY (time, sequence, ordinal)
);

-- Alerts as they stand. `time` and `sequence` say when one was raised first (0 for a limit on a
-- metric), `ordinal` stands for its code and scope: so an alert is one row, whoever tells of it again.
CREATE TABLE alerts (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    severity TEXT NOT NULL,         -- WARNING, SERIOUS or CRITICAL, escalation included
    code TEXT NOT NULL,             -- of the control, the metric's name, or ROLL_BACK
    scope TEXT NOT NULL,            -- FIRM, ACCOUNT, STRATEGY or INSTRUMENT
    strategy BIGINT, account BIGINT, instrument BIGINT, -- of that scope
    share DECIMAL_TEXT NOT NULL,    -- of the limit
    last_time BIGINT NOT NULL,      -- when it was raised or resolved last
    last_sequence BIGINT NOT NULL,
    count BIGINT NOT NULL,          -- how often it was raised
    state TEXT NOT NULL,            -- OPEN, ACKNOWLEDGED or RESOLVED
    acknowledged_by TEXT,           -- who did so last, also when it is open again since
    acknowledged BIGINT,            -- when
    escalations BIGINT NOT NULL,    -- how often it became more severe because nobody did
    PRIMARY KEY (time, sequence, ordinal)
);
