//! The client's futures can be spawned on any runtime: each public async function's, over the real network, is `Send`.

use std::path::Path;

use sendcast::sendwo::*;

fn is_send<F: Send>(_: F) {}

/// Never run: that it compiles is the proof.
#[expect(dead_code, reason = "it is compiled, not run")]
fn all_are_send(client: Client, phone: Phone, id: MessageId, labels: Vec<LabelId>) {
    is_send(client.clone());
    let user = client.user();
    is_send(user.info());
    is_send(user.usage());
    is_send(user.packages(1));
    is_send(user.modules(1));
    let whatsapp = client.whatsapp();
    is_send(whatsapp.connected_numbers());
    is_send(whatsapp.conversation(phone, 1));
    is_send(whatsapp.delivery_status(&id));
    is_send(whatsapp.send_text("N", phone, "Hi"));
    is_send(whatsapp.send_media("N", phone, MediaKind::Image, "https://e.com/p.jpg", None));
    is_send(whatsapp.send_buttons("N", phone, "Hi", Vec::new()));
    is_send(whatsapp.trigger_flow("N", phone, "F"));
    let (from, message) = (NumberId::new("N"), super::text("Hi"));
    is_send(whatsapp.send(&from, phone, &message));
    let (subscribers, who) = (client.subscribers(), SubscriberId::new("501"));
    let (new, update) = (NewSubscriber::new(phone), SubscriberUpdate::of(who.clone()));
    is_send(subscribers.list(1));
    is_send(subscribers.create(&new));
    is_send(subscribers.update(&update));
    is_send(subscribers.assign_labels(&who, &labels));
    is_send(subscribers.add_note(&who, "Hi"));
    is_send(client.labels().list(1));
    is_send(client.labels().create("Lead"));
    let catalog = CatalogId::new("1");
    is_send(client.catalog().list(1));
    is_send(client.catalog().sync(&catalog));
    is_send(client.catalog().orders(1));
    is_send(client.webhooks().list(1));
    is_send(client.webhooks().create("name", "https://e.com"));
    let mut pages = subscribers.all();
    is_send(pages.next());
    is_send(pages.collect());
    is_send(whatsapp.whole_conversation(phone).into_stream());
    is_send(whatsapp.whole_conversation(phone).collect());
}

#[test]
fn no_public_async_function_is_missing() {
    let here = include_str!("futures.rs");
    let mut stack = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sendwo")];
    let mut seen = 0;
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for name in source.split("pub async fn ").skip(1) {
            let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            assert!(here.contains(&format!(".{name}(")), "{name} in {}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_may_be_sent_from_tasks() {
    let sandbox = sendcast::sandbox::spawn_in_thread(Default::default()).unwrap();
    let client = Client::builder("trial").base_url(sandbox.base_url()).build().unwrap();
    let send = |client: Client, n: u32| async move {
        let to = format!("+91987654{n:04}").parse().unwrap();
        client.whatsapp().send_text("PHONE_NUMBER_ID", to, "Hi").await
    };
    let tasks: Vec<_> = (0..20).map(|n| tokio::spawn(send(client.clone(), n))).collect();
    for task in tasks {
        assert!(task.await.unwrap().message_id().is_some());
    }
    assert_eq!(sandbox.stats().accepted, 20);
}
