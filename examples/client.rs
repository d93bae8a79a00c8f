//! The client alone: who the account is, one message, and what became of it.
//!
//! ```sh
//! sendcast sandbox --port 8080 &        # or leave the address out, to ask Sendwo itself
//! SENDWO_BASE_URL=http://127.0.0.1:8080/api/v1 SENDWO_API_TOKEN=trial \
//!     cargo run --example client -- PHONE_NUMBER_ID '+91 98765 43210' 'Hello!'
//! ```

use std::env;
use std::error::Error;

use sendcast::{Client, SendOutcome};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(from), Some(to), Some(text)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: client PHONE_NUMBER_ID PHONE TEXT".into());
    };
    let mut client = Client::builder(&env::var("SENDWO_API_TOKEN")?);
    if let Ok(url) = env::var("SENDWO_BASE_URL") {
        client = client.base_url(url);
    }
    println!("{}", send(&client.build()?, &from, &to, &text).await?);
    Ok(())
}

/// Sends one message, and tells what became of it.
pub async fn send(client: &Client, from: &str, to: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let account = client.user().info().await?;
    let name = account.name.unwrap_or_default();
    // Checked against the numbering plans before anything is sent.
    let to = to.parse()?;
    Ok(match client.whatsapp().send_text(from, to, text).await {
        SendOutcome::Accepted { message_id: Some(id), .. } => {
            let report = client.whatsapp().delivery_status(&id).await?;
            format!("{name}: {id} is {:?}", report.status)
        }
        SendOutcome::Accepted { .. } => format!("{name}: accepted"),
        // Sending it again might write to this person twice: their conversation shows whether it arrived.
        SendOutcome::InDoubt { reason, .. } => {
            let said = client.whatsapp().conversation(to, 1).await?;
            format!("{name}: in doubt ({reason}); {} messages in the conversation", said.len())
        }
        other => format!("{name}: not sent: {other:?}"),
    })
}
