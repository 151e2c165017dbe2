//! How a change gets into the table.

use super::Tables;
use services::view::Change;

impl Tables {
    pub(super) fn take_in(&mut self, change: &Change) {
        match change {
            Change::Quote(quote) => {
                self.instruments[quote.instrument.index()].quote = Some(*quote);
            }
            Change::Order(_, order, _) => {
                self.orders.retain(|known| known.id != order.id);
                self.orders.insert(0, *order);
            }
            Change::Fill(fill) => self.fills.insert(0, *fill),
            Change::Position(view) => self.positions = vec![*view],
            Change::Strategy(view) => {
                let place = self.strategies.iter().position(|known| known.id == view.id);
                match place {
                    Some(place) => self.strategies[place] = view.clone(),
                    None => self.strategies.push(view.clone()),
                }
            }
            Change::Engine(view) => self.engine = *view,
            Change::Risk(view) => {
                self.scopes.insert(view.scope, *view);
            }
            Change::Alert(view) => {
                self.alerts.retain(|known| known.id != view.id);
                self.alerts.insert(0, view.clone());
            }
            Change::Metrics(view) => self.metrics = Some(view.clone()),
            Change::Venue(view) => self.venues[view.id.index()] = view.clone(),
            Change::CashFlow(view) => self.cash_flows.insert(0, *view),
            Change::LifeEvent(view) => self.life_events.insert(0, *view),
            Change::Book(instrument, book) => {
                self.instruments[instrument.index()].book.clone_from(book);
            }
            Change::Bar(_) | Change::Balance(..) => {}
        }
    }
}
