//! Four eyes.

use crate::desk::{Desk, HOUR};
use identity::{ApprovalState, Refusal, Role, UserChange, Wanted};

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
fn approvals_are_bounded() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Risk]);
    let ask = |n: usize| {
        let subject = format!("strategy/{n}");
        let wants = Wanted {
            subject: &subject,
            ..LIMITS
        };
        desk.identity.ask(&anna, wants)
    };
    for n in 0..500 {
        ask(n).unwrap();
    }
    assert!(matches!(ask(500), Err(Refusal::Full { most: 500, .. })));
    let long = "x".repeat(5_000);
    let wants = Wanted {
        request: &long,
        ..LIMITS
    };
    let refused = desk.identity.ask(&anna, wants);
    assert!(matches!(refused, Err(Refusal::Invalid { .. })));
}
