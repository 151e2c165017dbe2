//! What holds of venues outside: that no execution counts twice, and that an account agrees with its
//! venue once they were compared.

use super::{Checked, holds};
use crate::engine::Engine;
use crate::outside::Found;
use model::{OrderId, VenueSnapshot};
use std::collections::{BTreeMap, BTreeSet};

/// I1: each execution that is remembered counts once, and no order is filled by more than its
/// executions. As costly as there are executions to remember.
pub fn executions_count_once(engine: &Engine) -> Checked {
    let mut by_order: BTreeMap<OrderId, u128> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for fill in engine.outside.fills() {
        let once = numbers.insert((fill.instrument, fill.execution));
        holds("I1", once, || {
            format!("execution {} counts twice", fill.execution)
        })?;
        *by_order.entry(fill.order).or_default() += u128::from(fill.quantity.raw());
    }
    by_order.into_iter().try_for_each(|(id, sum)| {
        let Some(open) = engine.orders().get(id) else {
            return Ok(());
        };
        let filled = u128::from(open.order.filled.raw());
        holds("I1", sum <= filled, || {
            format!("order {id} has {sum} units of executions, {filled} filled")
        })
    })
}

/// I13: an account's open orders and positions are those of its venue, as of the moment a snapshot
/// shows. Holds after reconciliation, while nothing is on its way.
pub fn agrees_with_venue(engine: &Engine, snapshot: &VenueSnapshot) -> Checked {
    orders_agree(engine, snapshot)?;
    let (venue, account) = (snapshot.venue, snapshot.account);
    let ours = engine.positions_as_of(venue, account, snapshot.as_of);
    let theirs = snapshot.positions.iter();
    let theirs: BTreeMap<_, _> = theirs
        .map(|position| (position.instrument, position.quantity.raw()))
        .collect();
    let instruments: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    instruments.into_iter().try_for_each(|instrument| {
        let (ours, theirs) = (ours.get(instrument), theirs.get(instrument));
        let (ours, theirs) = (ours.unwrap_or(&0), theirs.unwrap_or(&0));
        holds("I13", ours == theirs, || {
            let number = instrument.number();
            format!("{ours} units of instrument {number} here, {theirs} at the venue")
        })
    })
}

fn orders_agree(engine: &Engine, snapshot: &VenueSnapshot) -> Checked {
    let mut listed = BTreeSet::new();
    for theirs in snapshot
        .orders
        .iter()
        .filter(|order| order.status.is_open())
    {
        let name = Some(&theirs.venue_order);
        let found = engine.outside.find(snapshot.venue, theirs.order, name);
        let open = match found {
            Found::Open(id) => engine.orders().get(id).zip(engine.outside.get(id)),
            _ => None,
        };
        let Some((open, sent)) = open else {
            return holds("I13", false, || {
                format!("order {} is open at the venue alone", theirs.venue_order)
            });
        };
        let order = &open.order;
        listed.insert(order.id);
        let ours = [order.quantity, order.filled]
            .map(|ours| u128::from(ours.raw()) + u128::from(sent.filled_before.raw()));
        let theirs = [theirs.quantity, theirs.filled].map(|theirs| u128::from(theirs.raw()));
        holds("I13", ours == theirs, || {
            let id = order.id;
            format!("order {id} has quantity and fills {ours:?} here, {theirs:?} at the venue")
        })?;
    }
    let mut ours = engine.outside.orders();
    let alone = ours.find(|(id, sent)| sent.account == snapshot.account && !listed.contains(id));
    holds("I13", alone.is_none(), || {
        format!("order {:?} is open here alone", alone.map(|(id, _)| id))
    })
}
