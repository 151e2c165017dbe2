//! The strategy of the random runs, which can be made again from what it saved.

use super::properties_requests::{Named, list, name_position, request};
use super::{Grids, Scale, TRADED};
use crate::dice::Dice;
use crate::script::Script;
use engine::Engine;
use engine::replay::Instances;
use model::{
    Event, Hears, InstrumentId, Intent, Intents, OrderId, PluginHash, PositionId, SavedState,
    SignedQuantity, Strategy, StrategyId, Subscription, Timestamp,
};
use std::sync::{Arc, Mutex};

/// What an erratic strategy has in mind.
struct Mind {
    dice: Dice,
    legs: Vec<Named>,
}

impl Mind {
    fn save(&self) -> SavedState {
        let numbers = self.legs.iter().flat_map(|(instrument, position, held)| {
            let id = u128::from(instrument.number());
            [
                id,
                position.opener().number().into(),
                held.raw().cast_unsigned(),
            ]
        });
        let numbers = std::iter::once(self.dice.seed().into()).chain(numbers);
        SavedState {
            version: 1,
            bytes: numbers.flat_map(u128::to_le_bytes).collect(),
        }
    }

    fn load(&mut self, state: &SavedState) {
        let numbers = state.bytes.chunks(16);
        let numbers: Vec<_> = numbers
            .map(|bytes| u128::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        let small = |number: u128| u64::try_from(number).unwrap();
        self.dice = Dice::new(small(numbers[0]));
        let legs = numbers[1..].chunks(3).map(|leg| {
            let instrument = InstrumentId::new(u32::try_from(leg[0]).unwrap());
            let opener = OrderId::from_number(small(leg[1]));
            let held = SignedQuantity::from_raw(leg[2].cast_signed());
            (instrument, PositionId::opened_by(opener), held)
        });
        self.legs = legs.collect();
    }
}

/// Does something at random on some of its events.
pub(super) fn erratic(seed: u64, grids: Grids, scale: Scale) -> Script {
    let mind = Arc::new(Mutex::new(Mind {
        dice: Dice::new(seed),
        legs: Vec::new(),
    }));
    let wanted: Vec<_> = TRADED.iter().map(|id| Subscription::Quotes(*id)).collect();
    let (starting, saving) = (Arc::clone(&mind), Arc::clone(&mind));
    let script = Script::new(&wanted).hearing(Hears::ALL);
    let script = script.start(move |snapshot, _| {
        let state = snapshot.state.iter();
        state.for_each(|state| starting.lock().unwrap().load(state));
        Ok(())
    });
    let script = script.save(move || Ok(saving.lock().unwrap().save()));
    script.event(move |event, out| {
        let Mind { dice, legs } = &mut *mind.lock().unwrap();
        if let Event::Position(update) = event
            && let Some(position) = update.position
        {
            legs.retain(|(_, known, _)| *known != position);
            legs.push((update.instrument, position, update.state.quantity));
            legs.drain(..legs.len().saturating_sub(20));
        }
        if matches!(event, Event::Order(_)) && dice.below(4) > 0 {
            return Ok(());
        }
        act(dice, out, &grids, scale, legs);
        if dice.below(500) == 0 {
            Err(crate::script::trap())
        } else {
            Ok(())
        }
    })
}

/// Makes strategies of a run again.
pub(super) struct Again(pub(super) Grids, pub(super) Scale);

impl Instances for Again {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(erratic(0, self.0.clone(), self.1).boxed())
    }
}

fn act(dice: &mut Dice, out: &mut Intents, grids: &Grids, scale: Scale, legs: &[Named]) {
    let (instrument, tick, lot) = dice.one_of(grids);
    match dice.below(8) {
        0 => out.push(Intent::CancelAll(instrument)),
        1 => {
            let due = Timestamp::from_nanos(out.now().nanos() + dice.below(100));
            out.push(Intent::SetTimer {
                id: dice.below(5),
                due,
            });
        }
        2..=4 => {
            let mut request = request(dice, (instrument, tick, lot), scale, out.now());
            if dice.below(8) == 0 {
                request.intent = dice.below(20);
            }
            name_position(dice, &mut request, legs);
            out.submit(request);
        }
        5 => {
            let list = list(dice, (instrument, tick, lot), scale, out.now());
            out.submit_list(list);
        }
        _ => {}
    }
}
