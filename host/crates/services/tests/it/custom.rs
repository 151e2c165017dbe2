//! Execution algorithms and custom rules in a host, and the replay of what they did.

use crate::native::fault;
use crate::stand::{Stand, ticket};
use engine::LimitScope;
use model::{
    Action, Actions, AlgorithmCall, AlgorithmEvent, AlgorithmMaker, AlgorithmSnapshot,
    ContextFacts, Duration, ExecutionAlgorithm, Fault, FaultKind, MarketFeed, Order, OrderFacts,
    OrderKind, OrderRequest, OrderStatus, PreTradeRule, Quantity, SavedState, Side, Verdict,
};
use services::handle::{
    AlgorithmRequest, HostError, OrderTicket, PluginSource, Queries, RuleRequest, ScopeName, Terms,
};
use std::collections::BTreeMap;

/// Sends its parent in two halves, five milliseconds apart.
pub(crate) struct Halves;

struct Working(OrderRequest);

impl AlgorithmMaker for Halves {
    fn make(
        &mut self,
        parent: &Order,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault> {
        if parameters.iter().any(|(name, _)| name != "style") {
            return Err(fault(FaultKind::Refused, "takes a style only"));
        }
        let half = Quantity::from_raw(parent.quantity.raw() / 2);
        let (instrument, side) = (parent.instrument, parent.side);
        let slice = OrderRequest::new(instrument, side, OrderKind::Market, half);
        Ok(Box::new(Working(slice)))
    }
}

impl ExecutionAlgorithm for Working {
    fn declared(&self) -> &[MarketFeed] {
        &[]
    }

    fn start(&mut self, _: &Order, _: &AlgorithmSnapshot, out: &mut Actions) -> Result<(), Fault> {
        out.submit(self.0);
        let due = out.now().after(Duration::from_millis(5));
        out.push(Action::SetTimer { id: 1, due });
        Ok(())
    }

    fn handle(&mut self, event: &AlgorithmEvent, out: &mut Actions) -> Result<(), Fault> {
        if let AlgorithmEvent::Timer { .. } = event {
            out.submit(self.0);
        }
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState::default())
    }
}

/// Denies orders for more than it is made for.
pub(crate) struct AtMost(pub(crate) Quantity);

impl PreTradeRule for AtMost {
    fn judge(&mut self, order: &OrderFacts, _: &ContextFacts) -> Result<Verdict, Fault> {
        Ok(if order.quantity > self.0 {
            Verdict::deny("too many at once")
        } else {
            Verdict::Pass
        })
    }
}

fn named(name: &str, parameters: &[(&str, &str)]) -> AlgorithmCall {
    let owned = parameters.iter();
    AlgorithmCall {
        name: name.to_owned(),
        parameters: owned
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn worked(quantity: i64, call: AlgorithmCall) -> OrderTicket {
    OrderTicket {
        algorithm: Some(call),
        ..ticket(Side::Buy, quantity)
    }
}

async fn with_halves(stand: &Stand) {
    let request = AlgorithmRequest {
        name: "halves".to_owned(),
        plugin: PluginSource::unsigned(b"halves".to_vec()),
        parameters: BTreeMap::new(),
        terms: Terms::default(),
    };
    stand.host.set_algorithm(request).await.unwrap();
}

fn rule(scope: ScopeName, most: &str) -> RuleRequest {
    RuleRequest {
        name: "most".to_owned(),
        scope,
        plugin: PluginSource::unsigned(b"at-most".to_vec()),
        parameters: BTreeMap::from([("most".to_owned(), most.to_owned())]),
        terms: Terms::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_algorithm_works_an_order_by_hand_and_the_run_replays() {
    let mut stand = Stand::new();
    with_halves(&stand).await;
    assert_eq!(stand.host.algorithms()[0].name, "halves");
    stand.quotes(3).await;
    let call = named("halves", &[("style", "plain")]);
    let parent = stand.host.place_order(worked(10, call)).await.unwrap();
    assert_eq!(parent.status, OrderStatus::Accepted);
    assert!(parent.algorithm.is_some());
    stand.quotes(20).await;
    let done = stand.host.order(parent.id).unwrap();
    assert_eq!(
        (done.status, done.filled),
        (OrderStatus::Filled, parent.quantity)
    );
    let orders = stand.host.orders();
    let children = orders
        .iter()
        .filter(|order| order.parent == Some(parent.id));
    assert_eq!(children.count(), 2);
    // The same executions are not shown twice.
    assert_eq!(stand.host.fills().len(), 2);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_cannot_be_meant_are_refused() {
    let mut stand = Stand::new();
    stand.quotes(3).await;
    let check = async |stand: &Stand, call: AlgorithmCall| {
        let error = stand.host.place_order(worked(10, call)).await.unwrap_err();
        let field = matches!(
            error,
            HostError::Invalid {
                field: "algorithm",
                ..
            }
        );
        assert!(field, "{error}");
    };
    check(&stand, named("halves", &[])).await;
    with_halves(&stand).await;
    check(&stand, named("thirds", &[])).await;
    check(&stand, named("halves", &[("style", &"x".repeat(5_000))])).await;
    let list = vec![worked(10, named("halves", &[])), ticket(Side::Buy, 1)];
    let error = stand.host.place_list(list).await.unwrap_err();
    assert!(
        matches!(error, HostError::InList { place: 0, .. }),
        "{error}"
    );
    // Parameters that the algorithm refuses deny the order, and its strategy's log says why.
    let refused = worked(10, named("halves", &[("speed", "1")]));
    let order = stand.host.place_order(refused).await.unwrap();
    assert_eq!(order.status, OrderStatus::Denied);
    let log = &stand.view("manual").log;
    assert!(
        log.iter()
            .any(|line| line.text.contains("takes a style only")),
        "{log:?}"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_judges_its_scope_until_it_is_removed() {
    let mut stand = Stand::new();
    stand.quotes(3).await;
    let scope = ScopeName::Strategy("manual".to_owned());
    let set = stand.host.set_rule(rule(scope, "5")).await.unwrap();
    assert!(matches!(set.scope, LimitScope::Strategy(_)));
    assert_eq!(stand.host.rules(), [set]);
    let order = stand.host.place_order(ticket(Side::Buy, 6)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Denied);
    assert_eq!(stand.host.denials(model::DenyCode::Rule), 1);
    let log = &stand.view("manual").log;
    let said = "refused by rule most: too many at once";
    assert!(log.iter().any(|line| line.text.ends_with(said)), "{log:?}");
    // Another rule of the name takes its place.
    stand
        .host
        .set_rule(rule(ScopeName::Firm, "6"))
        .await
        .unwrap();
    let order = stand.host.place_order(ticket(Side::Buy, 6)).await.unwrap();
    assert_eq!(order.status, OrderStatus::Submitted);
    stand.host.remove_rule("most").await.unwrap();
    assert!(stand.host.rules().is_empty());
    assert!(stand.host.remove_rule("most").await.is_err());
    let error = stand.host.set_rule(rule(ScopeName::Firm, "many")).await;
    assert!(matches!(error, Err(HostError::Plugin { .. })));
    let nobody = ScopeName::Strategy("nobody".to_owned());
    let error = stand.host.set_rule(rule(nobody, "6")).await;
    assert!(matches!(error, Err(HostError::NotFound { .. })));
    stand.end_and_verify().await;
}
