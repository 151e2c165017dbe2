//! What the host asks of a venue.

use super::super::wire::{NewOrder, Request, Which};
use super::{Codec, Misfit, lasting, time_in_force, unknown, venue_order};
use model::{
    Amendment, OrderId, OrderRequest, Outbound, OutboundCommand, Terms, Timestamp, VenueOrderId,
};

impl Codec {
    /// The line of a message.
    ///
    /// # Errors
    /// An instrument or account has no name.
    pub fn request(&self, message: &Outbound) -> Result<Request, Misfit> {
        let (number, account) = (message.number, self.account_name(message.account)?);
        Ok(match &message.command {
            OutboundCommand::Insert(request) => Request::Insert {
                number,
                account,
                order: self.new_order(request)?,
            },
            OutboundCommand::Modify {
                amendment,
                venue_order,
            } => Request::Modify {
                number,
                account,
                client_id: self.client_id(amendment.order),
                venue_id: venue_order.as_ref().map(ToString::to_string),
                quantity: amendment.quantity,
                price: amendment.price,
                trigger: amendment.trigger,
            },
            OutboundCommand::Cancel { order, venue_order } => {
                Request::Cancel(self.which(number, account, *order, venue_order.as_ref()))
            }
            OutboundCommand::Query { order, venue_order } => {
                Request::Query(self.which(number, account, *order, venue_order.as_ref()))
            }
            OutboundCommand::Snapshot { since } => Request::Snapshot {
                number,
                account,
                since_ns: since.nanos(),
            },
        })
    }

    fn which(
        &self,
        number: u64,
        account: String,
        order: Option<OrderId>,
        venue_order: Option<&VenueOrderId>,
    ) -> Which {
        Which {
            number,
            account,
            client_id: order.map(|order| self.client_id(order)),
            venue_id: venue_order.map(ToString::to_string),
        }
    }

    fn new_order(&self, request: &OrderRequest) -> Result<NewOrder, Misfit> {
        Ok(NewOrder {
            client_id: self.client_id(request.id),
            instrument: self.symbol(request.instrument)?,
            side: request.side,
            kind: request.kind,
            quantity: request.quantity,
            time_in_force: lasting(request.time_in_force),
            post_only: request.terms.post_only,
            reduce_only: request.terms.reduce_only,
            display: request.terms.display,
        })
    }

    /// The message of a line, for a gateway; `None` for a greeting or a ping.
    ///
    /// # Errors
    /// A name is not known, or a client id is of another journal.
    pub fn outbound(&self, request: &Request) -> Result<Option<Outbound>, Misfit> {
        let (number, account, command) = match request {
            Request::Hello { .. } | Request::Ping => return Ok(None),
            Request::Insert {
                number,
                account,
                order,
            } => {
                let insert = OutboundCommand::Insert(self.order_request(order)?);
                (number, account, insert)
            }
            Request::Modify {
                number,
                account,
                client_id,
                venue_id,
                quantity,
                price,
                trigger,
            } => {
                let modify = OutboundCommand::Modify {
                    amendment: Amendment {
                        order: self.ours(client_id)?,
                        quantity: *quantity,
                        price: *price,
                        trigger: *trigger,
                    },
                    venue_order: venue_order(venue_id.as_deref())?,
                };
                (number, account, modify)
            }
            Request::Cancel(which) => {
                let (order, venue_order) = self.meant(which)?;
                let cancel = OutboundCommand::Cancel { order, venue_order };
                (&which.number, &which.account, cancel)
            }
            Request::Query(which) => {
                let (order, venue_order) = self.meant(which)?;
                let query = OutboundCommand::Query { order, venue_order };
                (&which.number, &which.account, query)
            }
            Request::Snapshot {
                number,
                account,
                since_ns,
            } => {
                let since = Timestamp::from_nanos(*since_ns);
                (number, account, OutboundCommand::Snapshot { since })
            }
        };
        Ok(Some(Outbound {
            number: *number,
            venue: self.venue,
            account: self.account(account)?,
            command,
        }))
    }

    fn ours(&self, client_id: &str) -> Result<OrderId, Misfit> {
        let order = self.order(client_id);
        order.ok_or_else(|| unknown("client_id", client_id))
    }

    fn meant(&self, which: &Which) -> Result<(Option<OrderId>, Option<VenueOrderId>), Misfit> {
        let order = which.client_id.as_deref().map(|id| self.ours(id));
        Ok((order.transpose()?, venue_order(which.venue_id.as_deref())?))
    }

    fn order_request(&self, order: &NewOrder) -> Result<OrderRequest, Misfit> {
        let instrument = self.instrument(&order.instrument)?;
        let request = OrderRequest::new(instrument, order.side, order.kind, order.quantity);
        let terms = Terms {
            post_only: order.post_only,
            reduce_only: order.reduce_only,
            display: order.display,
            ..Terms::default()
        };
        let request = request
            .lasting(time_in_force(order.time_in_force))
            .with(terms);
        Ok(OrderRequest {
            id: self.ours(&order.client_id)?,
            ..request
        })
    }
}
