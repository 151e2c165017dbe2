//! How the table of a host is doing.

use super::Fake;
use api::VitalsPort;
use services::view::VitalsView;

impl Fake {
    /// Sets how it is doing.
    pub(crate) fn set_vitals(&self, vitals: VitalsView) {
        self.tables().vitals = vitals;
    }

    /// Makes its journal one that cannot be written.
    pub(crate) fn fail_journal(&self) {
        self.tables().journal_failed = true;
    }
}

impl VitalsPort for Fake {
    fn vitals(&self) -> VitalsView {
        self.tables().vitals.clone()
    }
}
