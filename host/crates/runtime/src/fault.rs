//! Turns what went wrong inside a call into a [`Fault`]: its kind, and one line that says in which
//! export it happened and what the guest logged last.

use crate::host::{Breach, HostState};
use crate::log_text::printable;
use model::{Fault, FaultKind};
use wasmtime::Trap;

/// Longest message of a fault.
const MAX_MESSAGE_BYTES: usize = 2_048;

/// What a call was allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) fuel: u64,
    pub(crate) deadline_ms: u64,
}

/// The fault behind `error`, raised in `export`.
pub(crate) fn from_error(
    export: &str,
    error: &wasmtime::Error,
    state: &HostState,
    budget: Budget,
) -> Fault {
    let (kind, reason) = classify(error, state, budget);
    let mut message = format!("{export}: {reason}");
    if !state.last_error.is_empty() {
        message.push_str("; last error logged: ");
        message.push_str(&state.last_error);
    }
    Fault {
        kind,
        message: printable(message, MAX_MESSAGE_BYTES),
    }
}

/// The guest's own refusal of `init` or `load`.
pub(crate) fn refused(export: &str, reason: String) -> Fault {
    let message = printable(format!("{export}: {reason}"), MAX_MESSAGE_BYTES);
    Fault {
        kind: FaultKind::Refused,
        message,
    }
}

/// Something outside the contract that was noticed after the call.
pub(crate) fn bad_output(export: &str, reason: &str) -> Fault {
    let message = printable(format!("{export}: {reason}"), MAX_MESSAGE_BYTES);
    Fault {
        kind: FaultKind::BadOutput,
        message,
    }
}

fn classify(error: &wasmtime::Error, state: &HostState, budget: Budget) -> (FaultKind, String) {
    if let Some(breach) = error.downcast_ref::<Breach>() {
        return (breach.kind, breach.message.clone());
    }
    let trap = error.downcast_ref::<Trap>().copied();
    match trap {
        Some(Trap::OutOfFuel) => {
            return (
                FaultKind::OutOfFuel,
                format!("used up its fuel of {}", budget.fuel),
            );
        }
        Some(Trap::Interrupt) => {
            return (
                FaultKind::Deadline,
                format!("ran longer than {} ms", budget.deadline_ms),
            );
        }
        _ => {}
    }
    let cause = match trap {
        Some(trap) => trap
            .to_string()
            .trim_start_matches("wasm trap: ")
            .to_owned(),
        None => error.root_cause().to_string(),
    };
    if state.memory.refused {
        let limit = state.limits.memory_bytes;
        let reason =
            format!("wanted more memory or table space than allowed ({limit} bytes): {cause}");
        return (FaultKind::Memory, reason);
    }
    match trap {
        Some(
            Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer,
        ) => (FaultKind::BadOutput, cause),
        Some(_) => (FaultKind::Trap, cause),
        // Not a trap: wasmtime could not make sense of what the guest passed or returned.
        None => (FaultKind::BadOutput, cause),
    }
}
