//! Four eyes.

use crate::desk::{Desk, HOUR, MINUTE};
use identity::{ApprovalState, Principal, Refusal, Role, UserChange, Wanted};

const LIMITS: Wanted<'static> = Wanted {
    operation: "risk.limits.set",
    subject: "firm",
    request: r#"{"max_order_quantity":"100000"}"#,
};

#[test]
fn what_a_second_person_confirms_is_done_once() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    assert_eq!(desk.identity.ask(&anna, LIMITS).unwrap(), asked);
    let early = desk.identity.spend(&anna, &asked.id, LIMITS);
    assert!(matches!(early, Err(Refusal::Conflict(_))));
    let own = desk.identity.decide(&anna, &asked.id, true);
    assert!(matches!(own, Err(Refusal::Forbidden(_))));
    let confirmed = desk.identity.decide(&bert, &asked.id, true).unwrap();
    assert_eq!(confirmed.state, ApprovalState::Confirmed);
    assert!(desk.identity.decide(&bert, &asked.id, false).is_err());
    let desk = desk.restarted();
    let another = Wanted {
        request: r#"{"max_order_quantity":"900000"}"#,
        ..LIMITS
    };
    assert!(desk.identity.spend(&anna, &asked.id, another).is_err());
    assert!(desk.identity.spend(&bert, &asked.id, LIMITS).is_err());
    desk.identity.spend(&anna, &asked.id, LIMITS).unwrap();
    assert!(desk.identity.spend(&anna, &asked.id, LIMITS).is_err());
    // The next time is asked for anew.
    assert_ne!(desk.identity.ask(&anna, LIMITS).unwrap().id, asked.id);
}

#[test]
fn what_becomes_of_a_request_is_numbered_and_remembered() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    assert_eq!(desk.identity.approvals_after(0, 10), Some(Vec::new()));
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.decide(&bert, &asked.id, true).unwrap();
    // With the second person goes what they agreed to.
    desk.identity.remove_user("bert").unwrap();
    let told = |after, most| {
        let changes = desk.identity.approvals_after(after, most).unwrap();
        let told = changes.into_iter();
        told.map(|change| (change.number, change.approval.state))
            .collect::<Vec<_>>()
    };
    let expect = [
        (1, ApprovalState::Open),
        (2, ApprovalState::Confirmed),
        (3, ApprovalState::Void),
    ];
    assert_eq!(told(0, 10), expect);
    assert_eq!(told(1, 1), expect[1..2]);
    assert_eq!(told(3, 10), []);
    assert_eq!(desk.identity.approvals_now(), (3, Vec::new()));
    assert_eq!(desk.identity.approvals_after(4, 10), None);
    // A change more than are remembered.
    for _ in 0..512 {
        let asked = desk.identity.ask(&anna, LIMITS).unwrap();
        desk.identity.decide(&anna, &asked.id, false).unwrap();
    }
    assert_eq!(desk.identity.approval_changes(), 3 + 1_024);
    assert_eq!(desk.identity.approvals_after(2, 10), None);
    assert_eq!(told(3, 1), [(4, ApprovalState::Open)]);
    // Another run counts anew.
    assert_eq!(desk.restarted().identity.approval_changes(), 0);
}

#[test]
fn who_may_not_do_it_may_not_confirm_it() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    for (name, role) in [("bert", Role::Operator), ("carl", Role::Admin)] {
        let person = desk.person(name, &[role]);
        let refused = desk.identity.decide(&person, &asked.id, true);
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{name}");
    }
    // Who asked may take it back.
    let back = desk.identity.decide(&anna, &asked.id, false).unwrap();
    assert_eq!(back.state, ApprovalState::Refused);
    assert!(desk.identity.spend(&anna, &asked.id, LIMITS).is_err());
}

#[test]
fn approvals_are_over_after_a_while_and_with_the_second_person() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.wait(8 * HOUR);
    assert!(desk.identity.decide(&bert, &asked.id, true).is_err());
    assert_eq!(desk.identity.approvals(), []);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.decide(&bert, &asked.id, true).unwrap();
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    desk.identity.change_user("bert", change).unwrap();
    let refused = desk.identity.spend(&anna, &asked.id, LIMITS);
    assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
}

#[test]
fn what_is_confirmed_is_good_for_a_quarter_of_an_hour() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.wait(7 * HOUR);
    let confirmed = desk.identity.decide(&bert, &asked.id, true).unwrap();
    assert!(confirmed.expires_ms < asked.expires_ms);
    desk.wait(15 * MINUTE);
    assert!(desk.identity.spend(&anna, &asked.id, LIMITS).is_err());
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.decide(&bert, &asked.id, true).unwrap();
    desk.wait(15 * MINUTE - 1);
    let used = desk.identity.spend(&anna, &asked.id, LIMITS).unwrap();
    assert_eq!(used.decided_by.as_deref(), Some("bert"));
}

#[test]
fn a_yes_is_worth_nothing_once_its_giver_could_not_give_it() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    let asked = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.decide(&bert, &asked.id, true).unwrap();
    let to = |role: Role| UserChange {
        roles: Some([role].into()),
        ..UserChange::default()
    };
    desk.identity.change_user("bert", to(Role::Viewer)).unwrap();
    let refused = desk.identity.spend(&anna, &asked.id, LIMITS);
    assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
    desk.identity.change_user("bert", to(Role::Risk)).unwrap();
    // Another of the same name says nothing by it.
    desk.identity.remove_user("bert").unwrap();
    desk.person("bert", &[Role::Risk]);
    let refused = desk.identity.spend(&anna, &asked.id, LIMITS);
    assert!(
        matches!(refused, Err(Refusal::Unknown { .. })),
        "{refused:?}"
    );
    desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.remove_user("anna").unwrap();
    assert_eq!(desk.identity.approvals(), []);
}

#[test]
fn what_is_void_is_asked_for_anew() {
    const CLEAR: Wanted<'static> = Wanted {
        operation: "risk.kill.clear",
        ..LIMITS
    };
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let bert = desk.person("bert", &[Role::Risk]);
    let limits = desk.identity.ask(&anna, LIMITS).unwrap();
    desk.identity.decide(&bert, &limits.id, true).unwrap();
    let confirmed = desk.identity.ask(&anna, CLEAR).unwrap();
    desk.identity.decide(&bert, &confirmed.id, true).unwrap();
    let open = desk.identity.ask(&bert, CLEAR).unwrap();
    desk.identity.void("risk.kill.clear").unwrap();
    let desk = desk.restarted();
    assert!(desk.identity.spend(&anna, &confirmed.id, CLEAR).is_err());
    assert!(desk.identity.decide(&anna, &open.id, true).is_err());
    desk.identity.spend(&anna, &limits.id, LIMITS).unwrap();
    let again = desk.identity.ask(&anna, CLEAR).unwrap();
    assert_ne!(again.id, confirmed.id);
}

#[test]
fn approvals_are_bounded() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let ask = |who: &Principal, n: usize| {
        let subject = format!("strategy/{n}");
        let wants = Wanted {
            subject: &subject,
            ..LIMITS
        };
        desk.identity.ask(who, wants)
    };
    for n in 0..20 {
        ask(&anna, n).unwrap();
    }
    // One that is there is no other.
    ask(&anna, 19).unwrap();
    let one_more = ask(&anna, 20);
    assert!(matches!(one_more, Err(Refusal::Full { most: 20, .. })));
    // What is decided makes room.
    let asked = desk.identity.approvals().remove(0);
    desk.identity.decide(&anna, &asked.id, false).unwrap();
    ask(&anna, 20).unwrap();
    for n in 0..24 {
        let one = desk.person(&format!("risk-{n}"), &[Role::Risk]);
        for n in 0..20 {
            ask(&one, n).unwrap();
        }
    }
    let zoe = desk.person("zoe", &[Role::Risk]);
    let full = ask(&zoe, 0);
    assert!(matches!(full, Err(Refusal::Full { most: 500, .. })));
    assert_eq!(desk.identity.approvals().len(), 500);
    let long = "x".repeat(5_000);
    let wants = Wanted {
        request: &long,
        ..LIMITS
    };
    let refused = desk.identity.ask(&anna, wants);
    assert!(matches!(refused, Err(Refusal::Invalid { .. })));
}
