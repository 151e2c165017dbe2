//! Puts in place what a configuration names: execution algorithms, custom rules, and strategies with what binds them.

use super::App;
use crate::config::{self, Config, RuleSection, StrategySection};
use crate::universe::Universe;
use anyhow::{Context, Result, anyhow};
use services::handle::{HostError, LoadRequest, PluginSource, Queries, ScopeName, Terms};
use std::path::Path;

impl App {
    /// Starts strategies of the run before again, and loads what the configuration names and the journal does not
    /// know: algorithms, rules, strategies. `file` stands for it in messages.
    pub(super) async fn load_strategies(
        &self,
        file: &Path,
        config: &Config,
        universe: &Universe,
    ) -> Result<()> {
        for (name, error) in self.handle.start_again().await {
            tracing::error!(%name, %error, "a strategy that ran before could not be started again");
        }
        self.load_algorithms(file, config).await?;
        // What binds everybody binds before anybody trades.
        let waits = |rule: &RuleSection| {
            let mut strategies = config.strategies.iter();
            strategies.any(|section| rule.is_of_strategy(&section.name))
        };
        let known = self.handle.rules();
        let new = |rule: &&RuleSection| !known.iter().any(|known| known.name == rule.name);
        for rule in config.rules.iter().filter(new).filter(|rule| !waits(rule)) {
            self.load_rule(file, rule).await?;
        }
        for section in &config.strategies {
            // One that the journal knows is as the journal says, whatever operators made of it.
            if self.knows(&section.name) {
                continue;
            }
            let own = |rule: &&RuleSection| rule.is_of_strategy(&section.name);
            let rules: Vec<_> = config.rules.iter().filter(own).collect();
            let loaded = self.load_strategy(section, universe, (file, &rules)).await;
            if let Err(error) = &loaded
                && is_in_quarantine(error)
            {
                // Only a running host can release it.
                tracing::error!(strategy = %section.name, error = format!("{error:#}"), "not loaded");
                continue;
            }
            loaded.with_context(|| {
                format!(
                    "{}: strategy `{}`, plugin {}",
                    file.display(),
                    section.name,
                    section.plugin.display()
                )
            })?;
        }
        Ok(())
    }

    /// Whether a strategy came back with a plugin.
    fn knows(&self, strategy: &str) -> bool {
        let view = self.handle.strategy(strategy);
        view.is_some_and(|view| view.plugin.is_some())
    }

    async fn load_algorithms(&self, file: &Path, config: &Config) -> Result<()> {
        let known = self.handle.algorithms();
        let new = |name: &str| !known.iter().any(|known| known.name == name);
        for section in config.algorithms.iter().filter(|one| new(&one.name)) {
            let loaded = self.handle.set_algorithm(section.request()).await;
            loaded.with_context(|| {
                let (name, plugin) = (&section.name, section.plugin.display());
                format!("{}: algorithm `{name}`, plugin {plugin}", file.display())
            })?;
        }
        Ok(())
    }

    async fn load_rule(&self, file: &Path, section: &RuleSection) -> Result<()> {
        let place = || {
            let (name, plugin) = (&section.name, section.plugin.display());
            format!("{}: rule `{name}`, plugin {plugin}", file.display())
        };
        let request = section.request().map_err(|reason| anyhow!(reason));
        let request = request.with_context(place)?;
        self.handle.set_rule(request).await.with_context(place)?;
        Ok(())
    }

    /// Loads a strategy; one with limits, permissions or rules starts when they bind.
    async fn load_strategy(
        &self,
        section: &StrategySection,
        universe: &Universe,
        (file, rules): (&Path, &[&RuleSection]),
    ) -> Result<()> {
        let bound = section.limits.is_some() || section.permissions.is_some();
        let is_bound = bound || !rules.is_empty();
        let request = LoadRequest {
            name: section.name.clone(),
            account: section.account.clone(),
            plugin: PluginSource::Path(section.plugin.clone()),
            parameters: section.parameters.clone(),
            on_fault: config::on_fault(section.on_fault),
            start: !is_bound,
            terms: Terms::configured(),
        };
        self.handle.load_strategy(request).await?;
        if let Some(limits) = &section.limits {
            let scope = ScopeName::Strategy(section.name.clone());
            self.handle.set_limits(&scope, limits.limits()).await?;
        }
        if let Some(permissions) = &section.permissions {
            let permissions = permissions.permissions(universe);
            let permissions = permissions.map_err(|(key, reason)| anyhow!("{key}: {reason}"))?;
            let name = &section.name;
            self.handle.set_permissions(name, permissions).await?;
        }
        for rule in rules {
            self.load_rule(file, rule).await?;
        }
        if is_bound {
            self.handle.start(&section.name).await?;
        }
        Ok(())
    }
}

/// Whether a strategy could not be loaded because its plugin broke too often.
fn is_in_quarantine(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(HostError::Registry(registry::Refusal::Quarantined { .. }))
    )
}
