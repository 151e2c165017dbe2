//! What is news, and what was told already.

use super::*;
use engine::{Severity, StrategyState};
use model::{AccountId, DenyCode, Fault, FaultKind, PluginHash, Rate};
use services::view::{EngineView, ScopeView};

fn at(s: u64) -> Timestamp {
    Timestamp::from_nanos(s * 1_000_000_000)
}

fn names(scope: LimitScope) -> String {
    match scope {
        LimitScope::Firm => "firm".to_owned(),
        LimitScope::Strategy(id) => format!("strategy/s{}", id.number()),
        _ => "other".to_owned(),
    }
}

fn alert(id: u64, severity: Severity, state: AlertState) -> Change {
    Change::Alert(AlertView {
        id,
        severity,
        raised_severity: severity,
        code: AlertCode::Control(DenyCode::Loss),
        scope: LimitScope::Firm,
        share: Rate::ZERO,
        sequence: 1,
        first_time: at(1),
        first_sequence: 1,
        last_time: at(1),
        opened: at(1),
        count: 1,
        state,
        acknowledged_by: None,
        acknowledged_at: None,
        escalations: 0,
    })
}

fn strategy() -> StrategyView {
    StrategyView {
        id: StrategyId::new(2),
        name: "ema".to_owned(),
        manual: false,
        account: AccountId::new(0),
        state: StrategyState::Running,
        plugin: Some(plugin(1, "10")),
        swap: None,
        probation: None,
        last_roll_back: None,
        last_kept: None,
        pipeline: None,
        last_build: None,
        restart: None,
        broke_paused: false,
        saved_at: None,
        shadow: None,
        faults: Vec::new(),
        log: Vec::new(),
    }
}

fn plugin(byte: u8, fast: &str) -> PluginView {
    PluginView {
        hash: PluginHash::new([byte; 32]),
        name: "ema-cross".to_owned(),
        version: format!("1.0.{byte}"),
        parameters: vec![("fast".to_owned(), fast.to_owned())],
    }
}

fn fault(s: u64) -> FaultView {
    FaultView {
        time: at(s),
        sequence: s,
        fault: Fault {
            kind: FaultKind::Trap,
            message: "on-quote: boom".to_owned(),
        },
    }
}

/// What is told of changes, as kind and state.
fn told(ear: &mut Ear, changes: &[Change]) -> Vec<(&'static str, &'static str)> {
    let mut told = Vec::new();
    for change in changes {
        for notice in ear.hear(change, at(9), &names) {
            told.push((notice.kind.name(), notice.state));
        }
    }
    told
}

#[test]
fn an_alert_is_told_once_for_each_state() {
    use AlertState::{Acknowledged, Open, Resolved};
    use Severity::{Critical, Serious, Warning};
    let mut ear = Ear::default();
    let changes = [
        alert(1, Warning, Open),
        alert(1, Warning, Open),
        alert(1, Serious, Open),
        alert(1, Warning, Open),
        alert(1, Serious, Open),
        alert(1, Serious, Acknowledged),
        alert(1, Critical, Open),
        alert(1, Critical, Resolved),
        alert(1, Critical, Resolved),
        alert(2, Warning, Open),
    ];
    let states: Vec<_> = told(&mut ear, &changes)
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    let expect = ["RAISED", "ESCALATED", "ESCALATED", "RESOLVED", "RAISED"];
    assert_eq!(states, expect);
}

#[test]
fn what_somebody_has_seen_before_the_host_began_again_is_not_told() {
    let mut ear = Ear::default();
    let seen = alert(1, Severity::Serious, AlertState::Acknowledged);
    let over = alert(1, Severity::Serious, AlertState::Resolved);
    let stale = alert(2, Severity::Serious, AlertState::Resolved);
    assert_eq!(
        told(&mut ear, &[seen, over, stale]),
        [("alert", "RESOLVED")]
    );
}

#[test]
fn an_alert_says_what_it_is_about() {
    let change = alert(7, Severity::Critical, AlertState::Open);
    let notices = Ear::default().hear(&change, at(9), &names);
    let [notice] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!((notice.level, notice.alert), (Level::Critical, Some(7)));
    assert_eq!((notice.scope.as_str(), notice.time), ("firm", at(1)));
    assert_eq!(notice.code, DenyCode::Loss.to_string());
    assert!(notice.title.starts_with("firm: "), "{}", notice.title);
}

#[test]
fn of_a_strategy_faults_swaps_and_roll_backs_are_told_and_nothing_else() {
    let mut ear = Ear::default();
    let change = |view: &StrategyView| [Change::Strategy(Arc::new(view.clone()))];
    let mut view = strategy();
    // It is loaded.
    assert!(told(&mut ear, &change(&view)).is_empty());
    view.state = StrategyState::Paused;
    assert!(told(&mut ear, &change(&view)).is_empty());
    view.faults.push(fault(3));
    assert_eq!(told(&mut ear, &change(&view)), [("fault", "HAPPENED")]);
    assert!(told(&mut ear, &change(&view)).is_empty());
    view.plugin = Some(plugin(1, "5"));
    assert_eq!(told(&mut ear, &change(&view)), [("swap", "HAPPENED")]);
    view.plugin = Some(plugin(2, "5"));
    assert_eq!(told(&mut ear, &change(&view)), [("swap", "HAPPENED")]);
    // A version that is sent back for its fault: both.
    view.faults.push(fault(4));
    view.plugin = Some(plugin(1, "5"));
    view.last_roll_back = Some(Box::new(RollBackView {
        time: at(4),
        sequence: 4,
        from: Some(plugin(2, "5")),
        reason: "it broke".to_owned(),
    }));
    let expect = [("fault", "HAPPENED"), ("roll_back", "HAPPENED")];
    assert_eq!(told(&mut ear, &change(&view)), expect);
    assert!(told(&mut ear, &change(&view)).is_empty());
}

#[test]
fn a_kill_of_the_firm_is_told_once_though_it_shows_twice() {
    let mut ear = Ear::default();
    let engine = |killed| {
        Change::Engine(EngineView {
            killed,
            ..EngineView::default()
        })
    };
    let scope = |scope, killed| {
        Change::Risk(ScopeView {
            scope,
            state: engine::TradingState::Active,
            killed,
        })
    };
    let strategy = LimitScope::Strategy(StrategyId::new(2));
    let changes = [
        engine(false),
        scope(LimitScope::Firm, true),
        engine(true),
        scope(strategy, true),
        scope(strategy, true),
        engine(false),
        scope(LimitScope::Firm, false),
    ];
    let expect = [("kill", "SET"), ("kill", "SET"), ("kill", "CLEARED")];
    assert_eq!(told(&mut ear, &changes), expect);
}
