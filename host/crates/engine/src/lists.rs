//! Lists of orders that depend on each other: what is to be done when one of them fills or ends. It
//! only decides; the engine carries out.
//!
//! * OTO: a child waits for its parent. One that closes what the parent opened (same instrument,
//!   other side) goes at the first fill, for as much as is filled, and grows with it; any other goes
//!   when the parent is filled. A parent that ends without a fill takes its waiting children along.
//! * OCO: the first fill or end of one order of a group cancels the others. The one that filled in part
//!   works on.
//! * OUO: a fill shrinks the others by as much; an end cancels them.
//! * When a child fills while its parent is still open, the rest of the parent is cancelled: nothing
//!   would protect it.

use crate::journal::codec::fields;
use model::{Links, Order, OrderId, OrderRequest, PeerRule, Quantity};
use std::collections::BTreeMap;

/// The most orders in a list.
pub const MAX_LIST: usize = 32;

/// What happened to an order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// So much of it was filled.
    Filled(Quantity),
    /// A change of it was taken.
    Updated,
    /// A change of it was refused.
    Refused,
    /// It shrank without being asked, because its position did.
    Shrunk,
    /// It is closed.
    Closed,
}

/// What follows for another order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// Let it go, for so much in all.
    Release(OrderId, Quantity),
    /// Change it to so much in all.
    Resize(OrderId, Quantity),
    /// Withdraw it.
    Cancel(OrderId),
}

#[derive(Debug, Clone, Copy)]
struct Member {
    id: OrderId,
    links: Links,
    instrument: model::InstrumentId,
    side: model::Side,
    /// What it is for in all, by request and by what its group took from it.
    full: Quantity,
    /// What it is for now.
    sized: Quantity,
    filled: Quantity,
    waits: bool,
    /// Whether a change to what it is for now could not be sent yet.
    owed: bool,
    /// Whether the list itself withdrew it: its end then means nothing for the others.
    dropped: bool,
    open: bool,
}

impl Member {
    /// Whether it has filled all that its group leaves it. If it is open still, a fill crossed the
    /// change to a smaller quantity.
    fn is_done_for_its_group(&self) -> bool {
        let rule = self.links.peers.map(|peers| peers.rule);
        rule == Some(PeerRule::Reduce) && self.filled >= self.sized
    }
}

/// Lists with open orders, by the id of their first.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lists: BTreeMap<OrderId, Vec<Member>>,
}

/// Whether the links of a list make sense: parents come before their children, and a group's orders
/// have one rule and one parent.
pub(crate) fn is_consistent(requests: &[OrderRequest]) -> bool {
    let small = !requests.is_empty() && requests.len() <= MAX_LIST;
    small
        && requests.iter().enumerate().all(|(place, request)| {
            let links = request.terms.links;
            let parent_first = links
                .parent
                .is_none_or(|parent| usize::from(parent) < place);
            let alike = requests
                .iter()
                .all(|other| match (links.peers, other.terms.links.peers) {
                    (Some(own), Some(peers)) if own.group == peers.group => {
                        own.rule == peers.rule && links.parent == other.terms.links.parent
                    }
                    _ => true,
                });
            parent_first && alike
        })
}

/// What of an order of a list decides how much its orders close of each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leg {
    links: Links,
    instrument: model::InstrumentId,
    side: model::Side,
    quantity: Quantity,
}

impl Leg {
    pub(crate) fn of(request: &OrderRequest, quantity: Quantity) -> Self {
        Self {
            links: request.terms.links,
            instrument: request.instrument,
            side: request.side,
            quantity,
        }
    }
}

/// How much of its parent the order at `place` may close: what the parent opens, less what other
/// orders would close of it. Of a group only one order counts, the largest: a fill of one takes as
/// much from the others. `None` for an order that closes nothing of a parent.
pub(crate) fn room(legs: &[Leg], place: usize) -> Option<Quantity> {
    let own = legs.get(place)?;
    let parent = own.links.parent?;
    let opens = legs.get(usize::from(parent))?;
    let closes = |leg: &Leg| {
        let child = leg.links.parent == Some(parent);
        child && leg.instrument == opens.instrument && leg.side != opens.side
    };
    if !closes(own) {
        return None;
    }
    let group = |leg: &Leg| leg.links.peers.map(|peers| peers.group);
    let mut room = opens.quantity;
    for (at, leg) in legs.iter().enumerate() {
        let grouped = group(leg).is_some();
        let mut before = legs.iter().take(at).filter(|other| closes(other));
        let largest = legs
            .iter()
            .filter(|other| closes(other) && group(other) == group(leg));
        let largest = largest.map(|other| other.quantity).max();
        let first = !grouped || before.all(|other| group(other) != group(leg));
        let with_own = at == place || (grouped && group(leg) == group(own));
        if closes(leg) && first && !with_own {
            let taken = if grouped { largest } else { None };
            room = room.saturating_sub(taken.unwrap_or(leg.quantity));
        }
    }
    Some(room)
}

impl Lists {
    /// The most that is left to do of an order, where it closes what its parent opens.
    pub(crate) fn room(&self, order: &Order) -> Option<Quantity> {
        let members = self.lists.get(&order.list?)?;
        let place = members.iter().position(|member| member.id == order.id)?;
        let legs = members.iter().map(|member| Leg {
            links: member.links,
            instrument: member.instrument,
            side: member.side,
            quantity: member.full,
        });
        let legs: Vec<Leg> = legs.collect();
        room(&legs, place).map(|room| room.saturating_sub(order.filled))
    }

    pub(crate) fn add(&mut self, list: OrderId, requests: &[OrderRequest]) {
        let members = requests.iter().map(|request| Member {
            id: request.id,
            links: request.terms.links,
            instrument: request.instrument,
            side: request.side,
            full: request.quantity,
            sized: request.quantity,
            filled: Quantity::ZERO,
            waits: request.terms.links.parent.is_some(),
            owed: false,
            dropped: false,
            open: true,
        });
        self.lists.insert(list, members.collect());
    }

    /// Whether a child no longer waits for its parent.
    pub(crate) fn is_freed(&self, order: &Order) -> bool {
        let members = order.list.and_then(|list| self.lists.get(&list));
        let member = members.and_then(|members| members.iter().find(|m| m.id == order.id));
        member.is_none_or(|member| !member.waits)
    }

    /// Remembers that an order is to be changed once the change on its way is answered.
    pub(crate) fn owe(&mut self, order: &Order) {
        let members = order.list.and_then(|list| self.lists.get_mut(&list));
        let mut members = members.into_iter().flatten();
        if let Some(member) = members.find(|member| member.id == order.id) {
            member.owed = true;
        }
    }

    /// What follows from something that happened to `order`, in the order in which to do it.
    pub(crate) fn after(&mut self, order: &Order, happening: Happening) -> Vec<Consequence> {
        let Some(list) = order.list else {
            return Vec::new();
        };
        let Some(members) = self.lists.get_mut(&list) else {
            return Vec::new();
        };
        let Some(place) = members.iter().position(|member| member.id == order.id) else {
            return Vec::new();
        };
        let mut todo = Vec::new();
        match happening {
            Happening::Filled(quantity) => {
                after_fill(members, place, quantity, &mut todo);
                withdraw_overtaken(members, place, order, &mut todo);
            }
            Happening::Updated | Happening::Refused => {
                let taken = (happening == Happening::Updated).then_some(order.quantity);
                after_answer(members, place, taken, &mut todo);
            }
            Happening::Shrunk => {
                if let Some(member) = members.get_mut(place) {
                    member.sized = member.sized.min(order.quantity);
                }
            }
            Happening::Closed => after_close(members, place, &mut todo),
        }
        if members.iter().all(|member| !member.open) {
            self.lists.remove(&list);
        }
        todo
    }
}

fn after_fill(members: &mut [Member], place: usize, more: Quantity, todo: &mut Vec<Consequence>) {
    let Some(member) = members.get_mut(place) else {
        return;
    };
    member.filled = member.filled.checked_add(more).unwrap_or(Quantity::MAX);
    let filled = *member;
    let parent = filled
        .links
        .parent
        .and_then(|parent| members.get(usize::from(parent)));
    if let Some(parent) = parent.filter(|parent| parent.open) {
        todo.push(Consequence::Cancel(parent.id));
    }
    for (other, member) in members.iter_mut().enumerate() {
        if other == place || !member.open {
            continue;
        }
        if member.links.parent.map(usize::from) == Some(place) {
            free_child(&filled, member, todo);
        } else if is_peer(&filled, member) {
            follow_peer(&filled, member, more, todo);
        }
    }
}

/// The rest of an order that has filled what its group leaves it is withdrawn.
fn withdraw_overtaken(
    members: &mut [Member],
    place: usize,
    order: &Order,
    todo: &mut Vec<Consequence>,
) {
    let member = members.get_mut(place);
    let done = |member: &&mut Member| member.is_done_for_its_group();
    if let Some(member) = member.filter(done)
        && !order.remaining().is_zero()
    {
        member.dropped = true;
        todo.push(Consequence::Cancel(member.id));
    }
}

/// A child's parent filled: it goes, or grows with it.
fn free_child(parent: &Member, child: &mut Member, todo: &mut Vec<Consequence>) {
    let closes = child.instrument == parent.instrument && child.side != parent.side;
    let whole = parent.filled >= parent.full;
    if !closes && !whole {
        return;
    }
    let wanted = if closes {
        child.full.min(parent.filled)
    } else {
        child.full
    };
    if child.waits {
        child.waits = false;
        child.sized = wanted;
        todo.push(Consequence::Release(child.id, wanted));
    } else if wanted > child.sized {
        child.sized = wanted;
        todo.push(Consequence::Resize(child.id, wanted));
    }
}

fn follow_peer(filled: &Member, peer: &mut Member, more: Quantity, todo: &mut Vec<Consequence>) {
    let rule = filled.links.peers.map(|peers| peers.rule);
    if rule == Some(PeerRule::Cancel) {
        peer.dropped = true;
        return todo.push(Consequence::Cancel(peer.id));
    }
    peer.full = peer.full.saturating_sub(more);
    peer.sized = peer.sized.saturating_sub(more);
    if peer.sized <= peer.filled {
        peer.dropped = true;
        todo.push(Consequence::Cancel(peer.id));
    } else if !peer.waits {
        todo.push(Consequence::Resize(peer.id, peer.sized));
    }
}

/// A change was taken, or refused. If the list wanted another one meanwhile, that is asked for now;
/// otherwise what somebody else asked for is what the order is for.
fn after_answer(
    members: &mut [Member],
    place: usize,
    taken: Option<Quantity>,
    todo: &mut Vec<Consequence>,
) {
    let Some(member) = members.get_mut(place).filter(|member| member.open) else {
        return;
    };
    if std::mem::take(&mut member.owed) {
        todo.push(Consequence::Resize(member.id, member.sized));
    } else if let Some(quantity) = taken.filter(|quantity| *quantity != member.sized) {
        (member.sized, member.full) = (quantity, quantity);
    }
}

fn after_close(members: &mut [Member], place: usize, todo: &mut Vec<Consequence>) {
    let Some(member) = members.get_mut(place) else {
        return;
    };
    member.open = false;
    let closed = *member;
    for (other, member) in members.iter().enumerate() {
        if other == place || !member.open {
            continue;
        }
        let child = member.links.parent.map(usize::from) == Some(place);
        let peer = !closed.dropped && is_peer(&closed, member);
        if (child && member.waits) || peer {
            todo.push(Consequence::Cancel(member.id));
        }
    }
}

fn is_peer(one: &Member, other: &Member) -> bool {
    match (one.links.peers, other.links.peers) {
        (Some(one), Some(other)) => one.group == other.group,
        _ => false,
    }
}

fields! {
    Member { id, links, instrument, side, full, sized, filled, waits, owed, dropped, open }
    Lists { lists }
}
