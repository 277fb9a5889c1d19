//! A job that was asked for by hand: whichever server runs does it, this process when none does; meanwhile it is seen how far it is.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kepil_server::{App, actions::ActionError};
use kepil_store::{JobRow, StoreError, SystemStore};

use super::{Failure, place::Found};

/// How often the job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After how many looks at which nobody began it is done here.
const PATIENCE: u32 = 25;

/// Where jobs are followed; the program is started once for all of them, if at all.
pub struct Wanted<'a> {
    found: &'a Found,
    system: &'a SystemStore,
    app: Option<App>,
}

impl<'a> Wanted<'a> {
    /// Of an installation.
    pub fn of(found: &'a Found, system: &'a SystemStore) -> Self {
        Self { found, system, app: None }
    }

    /// Follows the job called `name` to its end. `act` does it in this process.
    ///
    /// # Errors
    /// [`Failure`] that says why it has to wait; it is tried again by itself.
    pub async fn follow(
        &mut self,
        name: &str,
        act: impl AsyncFn(&App) -> Result<bool, ActionError>,
    ) -> Result<JobRow, Failure> {
        let style = ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}");
        let bar = ProgressBar::new(1).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        for looks in 1.. {
            let job = self.system.find_job(name).await?;
            if !job.is_wanted {
                bar.finish_and_clear();
                return Ok(job);
            }
            if let Some(why) = job.why_it_waits() {
                bar.finish_and_clear();
                let text = format!("{why}\nnothing is lost; it is tried again as soon as that is mended");
                return Err(Failure::Plain(text));
            }
            bar.set_message(job.step.clone());
            bar.set_length(job.total);
            bar.set_position(job.done);
            if looks >= PATIENCE && job.step.is_empty() {
                self.here(&act).await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Failure::Plain("the job does not end".to_owned()))
    }

    /// Does it in this process, beside which no server runs.
    async fn here(&mut self, act: &impl AsyncFn(&App) -> Result<bool, ActionError>) -> Result<(), Failure> {
        if self.app.is_none() {
            match self.found.app().await {
                Ok(made) => self.app = Some(made),
                // A server has the folder after all: it will come to it.
                Err(Failure::Store(StoreError::Unusable(_))) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if let Some(app) = &self.app {
            app.store.prepare(&app.policy()?.policy).await?;
            act(app).await?;
        }
        Ok(())
    }
}
