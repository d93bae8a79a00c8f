//! Each of the 23 endpoints, through the real HTTP client, against the sandbox.

use std::time::Duration;

use sendcast::domain::ids::{CatalogId, LabelId, MessageId, NumberId, SubscriberId};
use sendcast::domain::message::{Button, MediaKind, Message};
use sendcast::domain::outcome::{Outcome, classify};
use sendcast::domain::phone::Phone;
use sendcast::sandbox::{Running, SandboxOptions, spawn_in_thread};
use sendcast::sendwo::{
    ApiErrorKind, Client, DeliveryStatus, Direction, HttpTransport, Limit, NewSubscriber, Subscriber,
    SubscriberUpdate, Timeouts, Token,
};

use super::answers::everything;
use super::faults::{Fault, Server};
use super::{phone, text, token};

/// A fresh account, and a client of it.
struct Fresh {
    client: Client<HttpTransport>,
    _running: Running,
}

impl Fresh {
    fn account() -> Fresh {
        let running = spawn_in_thread(SandboxOptions::default()).unwrap();
        let timeouts = Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(20) };
        let transport = HttpTransport::new(running.base_url().parse().unwrap(), timeouts).unwrap();
        Fresh { client: Client::new(transport, Token::new("API-KEY").unwrap()), _running: running }
    }

    async fn sent(&self, message: &Message) -> Option<MessageId> {
        let exchange = self.client.whatsapp().send(&NumberId::new("PHONE-NUMBER-ID"), phone(), message).await;
        match classify(&exchange) {
            Outcome::Accepted { message_id } => message_id,
            other => panic!("{other:?}"),
        }
    }

    async fn subscribers(&self) -> Vec<Subscriber> {
        self.client.subscribers().all().collect().await.unwrap()
    }

    /// Somebody new.
    async fn somebody(&self) -> (SubscriberId, Phone) {
        let phone = Phone::from_digits("919800000001").unwrap();
        let new = NewSubscriber::new(phone).first_name("Zoë").last_name("D'Souza & Söhne");
        (self.client.subscribers().create(&new).await.unwrap().id.unwrap(), phone)
    }

    async fn find(&self, id: &SubscriberId) -> Subscriber {
        let all = self.subscribers().await;
        all.into_iter().find(|subscriber| subscriber.id.as_ref() == Some(id)).unwrap()
    }
}

#[tokio::test]
async fn my_information() {
    let info = Fresh::account().client.user().info().await.unwrap();
    assert_eq!(
        (info.name.as_deref(), info.email.as_deref()),
        (Some("Sendwo User"), Some("member@example.com"))
    );
    assert_eq!(info.numbers[0].number, NumberId::new("PHONE_NUMBER_ID"));
}

#[tokio::test]
async fn usage_log() {
    let fresh = Fresh::account();
    let credit =
        async || fresh.client.user().usage().await.unwrap().module("Message Credit").unwrap().clone();
    assert_eq!((credit().await.limit, credit().await.used), (Some(Limit::Unlimited), Some(0)));
    fresh.sent(&text("Hello")).await;
    assert_eq!(credit().await.used, Some(1));
    let usage = fresh.client.user().usage().await.unwrap();
    assert_eq!(usage.module("Subscribers").unwrap().limit, Some(Limit::Of(5000)));
    assert_eq!((usage.package_name.as_deref(), usage.total_modules), (Some("Premium"), Some(20)));
}

#[tokio::test]
async fn package_list() {
    let packages = Fresh::account().client.user().all_packages().collect().await.unwrap();
    let names: Vec<_> = packages.iter().map(|package| package.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Free", "Growth"]);
}

#[tokio::test]
async fn module_list() {
    let modules = Fresh::account().client.user().all_modules().collect().await.unwrap();
    assert!(modules.iter().any(|module| module.name.as_deref() == Some("Broadcast")));
}

#[tokio::test]
async fn connect_account_list() {
    let numbers = Fresh::account().client.whatsapp().all_connected_numbers().collect().await.unwrap();
    assert_eq!((numbers.len(), numbers[0].name.as_deref()), (1, Some("Your Brand")));
}

#[tokio::test]
async fn send_text_message() {
    assert!(Fresh::account().sent(&text("Hello from Sendwo API")).await.is_some());
}

#[tokio::test]
async fn send_interactive_buttons() {
    let button = |id: &str, title: &str| Button { id: id.to_owned(), title: title.to_owned() };
    let buttons = vec![button("book_demo", "Book Call"), button("pricing", "View Pricing")];
    assert!(
        Fresh::account().sent(&Message::Buttons { body: "Choose an option".into(), buttons }).await.is_some()
    );
}

#[tokio::test]
async fn send_media() {
    let url = "https://example.com/product-image.jpg".to_owned();
    let caption = Some("Here is your product image".to_owned());
    assert!(Fresh::account().sent(&Message::Media { kind: MediaKind::Image, url, caption }).await.is_some());
}

#[tokio::test]
async fn trigger_bot_flow() {
    assert_eq!(Fresh::account().sent(&Message::Flow { flow_id: "FLOW-ID".into() }).await, None);
}

#[tokio::test]
async fn conversation() {
    let fresh = Fresh::account();
    let ids = [fresh.sent(&text("one")).await.unwrap(), fresh.sent(&text("two")).await.unwrap()];
    let rows = fresh.client.whatsapp().whole_conversation(phone()).collect().await.unwrap();
    for id in ids {
        let row = rows.iter().find(|row| row.id.as_ref() == Some(&id)).unwrap();
        assert_eq!(row.direction, Some(Direction::Ours));
    }
    let stranger = fresh.client.whatsapp().conversation("4711", 1).await.unwrap_err();
    assert_eq!(stranger.kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn message_delivery_status() {
    let fresh = Fresh::account();
    let id = fresh.sent(&text("Hello")).await.unwrap();
    let report = fresh.client.whatsapp().delivery_status(&id).await.unwrap();
    assert!(matches!(report.status, Some(DeliveryStatus::Reached(_))), "{report:?}");
}

#[tokio::test]
async fn subscriber_list() {
    let fresh = Fresh::account();
    let page = fresh.client.subscribers().list(1).await.unwrap();
    assert_eq!((page[0].id.as_ref().unwrap().as_str(), page[0].phone), ("501", Some(phone())));
    assert_eq!(
        (page[0].name(), &page[0].labels[..]),
        ("Amit Sharma".into(), &["Lead".into(), "Ecommerce".into()][..])
    );
    assert_eq!(fresh.client.subscribers().list(99).await.unwrap(), []);
}

#[tokio::test]
async fn subscriber_create() {
    let fresh = Fresh::account();
    let before = fresh.subscribers().await.len();
    let (id, phone) = fresh.somebody().await;
    let found = fresh.find(&id).await;
    assert_eq!((found.name(), found.phone), ("Zoë D'Souza & Söhne".into(), Some(phone)));
    assert_eq!(fresh.subscribers().await.len(), before + 1);
    let again = fresh.client.subscribers().create(&NewSubscriber::new(phone)).await.unwrap_err();
    assert_eq!((again.kind(), again.is_in_doubt()), (ApiErrorKind::Refused, false));
}

#[tokio::test]
async fn subscriber_update() {
    let fresh = Fresh::account();
    let (id, phone) = fresh.somebody().await;
    let update = SubscriberUpdate::of(id.clone()).first_name("Updated Name");
    fresh.client.subscribers().update(&update).await.unwrap();
    let found = fresh.find(&id).await;
    assert_eq!((found.name(), found.phone), ("Updated Name D'Souza & Söhne".into(), Some(phone)));
    let nobody = SubscriberUpdate::of(SubscriberId::new("4711")).first_name("x");
    assert_eq!(fresh.client.subscribers().update(&nobody).await.unwrap_err().kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn subscriber_assign_labels() {
    let fresh = Fresh::account();
    let (id, _) = fresh.somebody().await;
    fresh.client.subscribers().assign_labels(&id, &["12", "22"].map(LabelId::new)).await.unwrap();
    assert_eq!(fresh.find(&id).await.labels.len(), 2);
    let unknown = fresh.client.subscribers().assign_labels(&id, &[LabelId::new("4711")]).await.unwrap_err();
    assert_eq!(unknown.kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn subscriber_add_note() {
    let fresh = Fresh::account();
    let subscribers = fresh.client.subscribers();
    let done =
        subscribers.add_note(&SubscriberId::new("501"), "Customer asked for pricing details.").await.unwrap();
    assert!(done.text.is_some());
    let nobody = subscribers.add_note(&SubscriberId::new("4711"), "x").await.unwrap_err();
    assert_eq!(nobody.kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn label_list() {
    let labels = Fresh::account().client.labels().all().collect().await.unwrap();
    for id in ["12", "18", "22"] {
        assert!(
            labels.iter().any(|label| label.id == Some(LabelId::new(id)) && label.name.is_some()),
            "{labels:?}"
        );
    }
}

#[tokio::test]
async fn label_create() {
    let fresh = Fresh::account();
    let created = fresh.client.labels().create("Künftige Käufer").await.unwrap();
    let labels = fresh.client.labels().all().collect().await.unwrap();
    let found = labels.iter().find(|label| label.id == created.id).unwrap();
    assert_eq!(found.name.as_deref(), Some("Künftige Käufer"));
}

#[tokio::test]
async fn catalog_list() {
    let catalogs = Fresh::account().client.catalog().all().collect().await.unwrap();
    assert_eq!(catalogs[0].id, Some(CatalogId::new("CATALOG-ID")));
}

#[tokio::test]
async fn catalog_sync() {
    let fresh = Fresh::account();
    fresh.client.catalog().sync(&CatalogId::new("CATALOG-ID")).await.unwrap();
    let unknown = fresh.client.catalog().sync(&CatalogId::new("nothing")).await.unwrap_err();
    assert_eq!(unknown.kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn catalog_order_list() {
    let orders = Fresh::account().client.catalog().all_orders().collect().await.unwrap();
    assert!(!orders.is_empty());
    assert!(orders.iter().all(|order| order.id.is_some() && order.status.is_some() && order.total.is_some()));
}

#[tokio::test]
async fn webhook_workflow_list_and_create() {
    let fresh = Fresh::account();
    let webhooks = fresh.client.webhooks();
    let before = webhooks.list(1).await.unwrap().len();
    let created = webhooks.create("New Lead Webhook", "https://example.com/webhook").await.unwrap();
    let listed = webhooks.all().collect().await.unwrap();
    assert_eq!(listed.len(), before + 1);
    let found = listed.iter().find(|workflow| workflow.id == created.id).unwrap();
    assert_eq!(found.name.as_deref(), Some("New Lead Webhook"));
    assert_eq!(found.target_url.as_deref(), Some("https://example.com/webhook"));
}

#[tokio::test]
async fn a_wrong_token_is_told_for_every_resource() {
    let token = Some(secrecy::SecretString::from("12|the-right-token"));
    let running = spawn_in_thread(SandboxOptions { token, ..SandboxOptions::default() }).unwrap();
    let timeouts = Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(20) };
    let transport = HttpTransport::new(running.base_url().parse().unwrap(), timeouts).unwrap();
    let client = Client::new(transport, Token::new("12|the-wrong-token").unwrap());
    let who = SubscriberId::new("501");
    let errors = [
        client.user().usage().await.err(),
        client.user().packages(1).await.err(),
        client.user().modules(1).await.err(),
        client.subscribers().all().collect().await.err(),
        client.subscribers().add_note(&who, "x").await.err(),
        client.labels().create("x").await.err(),
        client.catalog().orders(1).await.err(),
        client.webhooks().list(1).await.err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert_eq!(
            (error.kind(), error.http_status(), error.is_in_doubt()),
            (ApiErrorKind::Unauthorised, Some(401), false)
        );
        assert!(
            error.hint().unwrap().contains("token") && !format!("{error} {error:?}").contains("wrong-token")
        );
    }
}

#[tokio::test]
async fn no_endpoint_takes_a_broken_answer_for_one() {
    // Two MiB are among them; those that hang would take their time for every endpoint.
    for fault in Fault::ALL.into_iter().filter(|fault| !fault.hangs() && *fault != Fault::CloseUnread) {
        let server = Server::start(fault, 0).await;
        let answered = everything(&Client::new(server.transport(fault), token())).await;
        assert!(!answered.contains(&true), "{fault:?}: {answered:?}");
    }
}
