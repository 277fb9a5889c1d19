//! Jobs that one node does for all: who holds one, how far it is, and whether it was asked for by hand.

use crate::{StoreError, SystemStore, batch::Batch};

/// A job as everybody sees it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobRow {
    /// Until when a node holds it; free after that. Unit: Unix milliseconds.
    pub until_ms: i64,
    /// Whether it was asked for by hand and not done since.
    pub is_wanted: bool,
    /// What it is at, or what it said last.
    pub step: String,
    /// How much of the step is done.
    pub done: u64,
    /// How much the step has.
    pub total: u64,
}

/// What a job says before the reason for which it has to wait.
const WAITS: &str = "waits: ";

impl JobRow {
    /// What a job says that has to wait, and why.
    #[must_use]
    pub fn waiting(why: &dyn std::fmt::Display) -> String {
        format!("{WAITS}{why}")
    }

    /// Why the job has to wait, if it has.
    #[must_use]
    pub fn why_it_waits(&self) -> Option<&str> {
        self.step.strip_prefix(WAITS)
    }
}

impl SystemStore {
    /// The job called `name`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_job(&self, name: &str) -> Result<JobRow, StoreError> {
        let sql = "SELECT until_ms, is_wanted, step, done, total FROM job WHERE name = $1";
        let row = self.database.find(sql, vec![name.into()]).await?;
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(row.map_or_else(JobRow::default, |row| JobRow {
            until_ms: row.int(0),
            is_wanted: row.int(1) != 0,
            step: row.text(2).to_owned(),
            done: number(row.int(3)),
            total: number(row.int(4)),
        }))
    }

    /// Asks for a job by hand: whichever node looks next does it.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn want_job(&self, name: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO job (name, holder, until_ms, is_wanted, step, done, total) VALUES ($1, $2, 0, 1, $3, 0, 0) ON CONFLICT (name) DO UPDATE SET is_wanted = 1, step = excluded.step, done = 0, total = 0";
        self.database.execute(Batch::default().one(sql, vec![name.into(), Vec::new().into(), "".into()])).await
    }

    /// The names of the jobs that were asked for by hand and begin with `prefix`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_wanted(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.database.query("SELECT name FROM job WHERE is_wanted = 1 ORDER BY name", Vec::new()).await?;
        Ok(rows.iter().map(|row| row.text(0).to_owned()).filter(|name| name.starts_with(prefix)).collect())
    }

    /// Takes a job, or goes on holding it, until a moment; says whether `holder` holds it now. Unit: Unix milliseconds.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn hold_job(
        &self,
        name: &str,
        holder: &[u8; 16],
        (now_ms, until_ms): (i64, i64),
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO job (name, holder, until_ms, is_wanted, step, done, total) VALUES ($1, $2, $3, 0, $4, 0, 0) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms WHERE job.holder = $2 OR job.until_ms < $5";
        let params = vec![name.into(), (*holder).into(), until_ms.into(), "".into(), now_ms.into()];
        match self.database.execute(Batch::default().one(sql, params)).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says how far a job is that `holder` holds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else holds it by now.
    pub async fn report_job(
        &self,
        name: &str,
        holder: &[u8; 16],
        step: &str,
        (done, total): (u64, u64),
    ) -> Result<(), StoreError> {
        let sql = "UPDATE job SET step = $1, done = $2, total = $3 WHERE name = $4 AND holder = $5";
        let params = vec![step.into(), done.into(), total.into(), name.into(), (*holder).into()];
        self.database.execute(Batch::default().one(sql, params)).await
    }

    /// Lets a job go that is done.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn release_job(&self, name: &str, holder: &[u8; 16]) -> Result<(), StoreError> {
        let sql = "UPDATE job SET until_ms = 0, is_wanted = 0 WHERE name = $1 AND holder = $2";
        self.database.execute(Batch::default().any(sql, vec![name.into(), (*holder).into()])).await
    }

    /// Keeps a certificate; does nothing when it is there.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_certificate(&self, id: &[u8], text: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO certificate (id, text) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        self.database.execute(Batch::default().any(sql, vec![id.to_vec().into(), text.into()])).await
    }

    /// The certificate called `id`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_certificate(&self, id: &[u8]) -> Result<Option<String>, StoreError> {
        let row = self.database.find("SELECT text FROM certificate WHERE id = $1", vec![id.to_vec().into()]).await?;
        Ok(row.map(|row| row.text(0).to_owned()))
    }
}
