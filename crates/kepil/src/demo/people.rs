//! The synthetic people of the demo.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::Personal;
use kepil_server::{App, actions::plant};

use crate::commands::Failure;

/// The address of the one that the reader may sign in as.
pub const GUEST: &str = "guest@example.kz";
/// Everybody's password.
pub const PASSWORD: &str = "demo-password";

const LISTS: &str = include_str!("people.toml");
/// How many are planted at once: they share the flushes.
const AT_ONCE: u32 = 64;

/// Plants `count` people, the guest among them, with a bar.
///
/// # Errors
/// [`Failure`] when one could not be added.
pub async fn plant_all(app: &App, count: u32) -> Result<(), Failure> {
    let lists: BTreeMap<String, Vec<String>> =
        toml::from_str(LISTS).map_err(|error| Failure::Plain(error.to_string()))?;
    let hash =
        app.hasher.hash(Personal::new(PASSWORD.to_owned())).await.map_err(|error| Failure::Plain(error.to_string()))?;
    let policy = app.policy()?;
    let services = ["mail", "news", "forum", "market"].map(str::to_owned);
    let bar = ProgressBar::new(u64::from(count.max(1)));
    let style = ProgressStyle::with_template("planting synthetic people {bar:30} {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut next = 0;
    while next < count.max(1) {
        let until = (next + AT_ONCE).min(count.max(1));
        let mut tasks = tokio::task::JoinSet::new();
        for number in next..until {
            let mut values: BTreeMap<String, Personal<String>> = BTreeMap::new();
            for (at, (field, list)) in lists.iter().enumerate() {
                if policy.policy.find_field(field).is_some() {
                    values.insert(field.clone(), Personal::new(pick(list, number, at).to_owned()));
                }
            }
            let address = if number == 0 { GUEST.to_owned() } else { format!("person{number}@example.kz") };
            values.insert("email".to_owned(), Personal::new(address));
            // The guest meets every service for the first time; the young do not come to the market.
            let is_adult = values.get("birth_date").is_none_or(|date| date.reveal().as_str() < "2006");
            let services = match number {
                0 => Vec::new(),
                _ if is_adult => services.to_vec(),
                _ => services.iter().filter(|name| *name != "market").cloned().collect(),
            };
            let (app, hash) = (app.clone(), hash.copy());
            tasks.spawn(async move { plant::plant(&app, values, hash, &services).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|error| Failure::Plain(error.to_string()))??;
            bar.inc(1);
        }
        next = until;
    }
    bar.finish_and_clear();
    println!("planted {count} synthetic people");
    Ok(())
}

/// Different lists turn at different speeds, so that combinations repeat late.
fn pick(list: &[String], number: u32, at: usize) -> &str {
    let step = [1, 7, 5, 3, 11].get(at % 5).copied().unwrap_or(1);
    let at = (number as usize).wrapping_mul(step).wrapping_add(number as usize / 24) % list.len().max(1);
    list.get(at).map_or("", String::as_str)
}
