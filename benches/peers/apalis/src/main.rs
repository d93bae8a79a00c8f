//! The broadcast as an apalis worker over SQLite: `peer-apalis PEOPLE.CSV JOBS.DB`, with the API's address in
//! `SENDWO_BASE_URL` and its token in `SENDWO_API_TOKEN`. Run again, it goes on with what the database holds.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePoolOptions, SqliteStorage};
use futures::stream;
use serde::{Deserialize, Serialize};

const BATCH: usize = 100;
const IN_FLIGHT: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Person {
    phone: String,
    #[serde(rename = "First Name")]
    first_name: String,
    city: String,
    order: String,
}

#[derive(Serialize, Deserialize)]
struct Message {
    to: String,
    message: String,
}

impl From<Person> for Message {
    fn from(Person { phone, first_name, city, order }: Person) -> Message {
        Message {
            to: phone.trim_start_matches('+').to_owned(),
            message: format!("Hi {first_name}, your order {order} from {city} is on its way."),
        }
    }
}

#[derive(Clone)]
struct Api {
    client: reqwest::Client,
    url: String,
    token: String,
}

type Left = Arc<AtomicI64>;

async fn send(
    Message { to, message }: Message,
    api: Data<Api>,
    left: Data<Left>,
    worker: WorkerContext,
) -> Result<(), BoxDynError> {
    let form = [
        ("apiToken", api.token.as_str()),
        ("phoneNumberId", "PHONE_NUMBER_ID"),
        ("to", to.as_str()),
        ("message", message.as_str()),
    ];
    api.client.post(&api.url).form(&form).send().await?.error_for_status()?.bytes().await?;
    if left.fetch_sub(1, Ordering::Relaxed) == 1 {
        worker.stop()?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxDynError> {
    let mut arguments = env::args().skip(1);
    let (Some(people), Some(jobs)) = (arguments.next(), arguments.next()) else {
        return Err("peer-apalis PEOPLE.CSV JOBS.DB".into());
    };

    // `setup` tunes the connection that it is given: with one connection, all are tuned.
    let options = SqliteConnectOptions::new().filename(jobs).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    SqliteStorage::setup(&pool).await?;
    let config = Config::default().queue("broadcast").batch_size(BATCH);
    let mut storage = SqliteStorage::<Message>::new(&pool).with_config(config);

    // The key keeps a second start from adding anybody twice.
    let mut rows = csv::Reader::from_path(people)?.into_deserialize::<Person>().peekable();
    while rows.peek().is_some() {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect::<Result<_, _>>()?;
        let tasks = batch.into_iter().map(|person| {
            let message = Message::from(person);
            let key = message.to.clone();
            TaskBuilder::new(message).idempotency_key(key).build()
        });
        storage.push_all(stream::iter(tasks)).await?;
    }

    // As `setup` does while the tables are empty. With jobs in them it matters: without, SQLite walks through all that
    // this worker ever held to acknowledge a few.
    sqlx::query("PRAGMA optimize").execute(&pool).await?;

    let left =
        sqlx::query_scalar("SELECT COUNT(*) FROM Jobs WHERE status <> 'Done'").fetch_one(&pool).await?;
    if left == 0 {
        return Ok(());
    }
    let api = Api {
        client: reqwest::Client::builder().no_proxy().build()?,
        url: format!("{}/whatsapp/send-text-message", env::var("SENDWO_BASE_URL")?),
        token: env::var("SENDWO_API_TOKEN")?,
    };
    // A name of its own for each process: what a dead one held is queued again by the next one's heartbeat.
    WorkerBuilder::new(format!("sender-{}", std::process::id()))
        .backend(storage)
        .data(api)
        .data(Left::new(AtomicI64::new(left)))
        .concurrency(IN_FLIGHT)
        .parallelize(tokio::spawn)
        .build(send)
        .run()
        .await?;
    Ok(())
}
