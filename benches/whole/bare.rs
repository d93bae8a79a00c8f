//! The reference: reqwest in a loop on one thread, so many requests in flight, nothing kept, nothing checked.

use std::cell::Cell;
use std::rc::Rc;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

/// POSTs `count` messages to `url`.
pub fn run(url: &str, count: usize, in_flight: usize) -> Result<(), reqwest::Error> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    let url = format!("{url}/whatsapp/send-text-message");
    let left = Rc::new(Cell::new(count));
    LocalSet::new().block_on(&runtime, async move {
        let tasks: Vec<_> = (0..in_flight)
            .map(|_| {
                let (client, url, left) = (client.clone(), url.clone(), left.clone());
                tokio::task::spawn_local(async move {
                    while let Some(next) = left.get().checked_sub(1) {
                        left.set(next);
                        let body = format!(
                            "apiToken=12%7Cbench&phoneNumberId=PHONE_NUMBER_ID&message=Hi+Guest+{next}%2C+your+code+is+{next}&to=91987{next:07}"
                        );
                        let sent = client
                            .post(&url)
                            .header("content-type", "application/x-www-form-urlencoded")
                            .body(body)
                            .send()
                            .await?;
                        sent.bytes().await?;
                    }
                    Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task")?;
        }
        Ok(())
    })
}
