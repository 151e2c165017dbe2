//! Taking over what a venue says an account holds, when somebody has looked at it: each difference is
//! booked as one execution of the account's adopting strategy, at what the position cost at the venue
//! or, where it does not say, at the mark.

use super::super::Engine;
use crate::effect::{Ignored, Standing};
use crate::outside::Difference;
use model::{AccountId, Fill, Liquidity, Money, NumberError, OrderId, Side, StrategyId, VenueId};

impl Engine {
    /// Takes over the positions that an account's venue told last.
    pub(in crate::engine) fn accept_positions(&mut self, account: AccountId) {
        let Some(at) = self.outside.account(account) else {
            return self.ignore(Ignored::BadCommand(
                "only accounts at venues outside have positions to accept",
            ));
        };
        let (venue, differences) = (at.venue, at.differences.clone());
        let (Some(strategy), false) = (at.adopter, differences.is_empty()) else {
            return self.ignore(Ignored::BadCommand(
                "there is nothing to accept, or no adopting strategy to book it",
            ));
        };
        let mut left = Vec::new();
        for difference in differences {
            if !self.book_difference((venue, account, strategy), &difference) {
                left.push(difference);
            }
        }
        let all = left.is_empty();
        if let Some(at) = self.outside.account_mut(account) {
            at.differences = left;
        }
        if all {
            // Whether they agree now, the venue is asked.
            self.set_standing(account, Standing::Unknown);
            self.ask_snapshot(account);
        } else {
            self.ignore(Ignored::BadCommand("a difference could not be valued"));
        }
    }

    fn book_difference(
        &mut self,
        (venue, account, strategy): (VenueId, AccountId, StrategyId),
        difference: &Difference,
    ) -> bool {
        let Some(id) = self.next_order_id() else {
            return false;
        };
        let Some(place) = self.outside.place_mut(venue) else {
            return false;
        };
        let number = place.executions.next_number();
        let fill = self.filled_by_hand((account, strategy), difference, (id, number));
        let Ok((fill, value)) = fill else {
            return false;
        };
        self.orders_made += 1;
        let booked = self.book_apart(&fill, value);
        if booked {
            self.publish_position(&fill, self.now);
        }
        booked
    }

    fn filled_by_hand(
        &self,
        (account, strategy): (AccountId, StrategyId),
        difference: &Difference,
        (order, execution): (OrderId, u64),
    ) -> Result<(Fill, Money), NumberError> {
        let state = self.market.get(difference.instrument);
        let state = state.ok_or(NumberError::Overflow)?;
        let price = difference.average_price.or_else(|| state.mark());
        let price = price.ok_or(NumberError::Overflow)?;
        let quantity = difference.missing.magnitude()?;
        let value = price.notional(quantity, state.instrument.multiplier)?;
        let fill = Fill {
            execution,
            order,
            strategy,
            account,
            instrument: difference.instrument,
            position: None,
            side: if difference.missing.is_short() {
                Side::Sell
            } else {
                Side::Buy
            },
            price,
            quantity,
            fee: Money::ZERO,
            liquidity: Liquidity::Taker,
            ts_event: self.now,
        };
        Ok((fill, value))
    }
}
