//! Every endpoint over canned answers: what is asked, and what is made of the bodies in `samples/api/`.

use std::path::Path;

use sendcast::domain::ids::{CatalogId, LabelId, SubscriberId};
use sendcast::sendwo::{
    ApiErrorKind, CallError, Client, Limit, Method, NewSubscriber, Request, SubscriberUpdate,
};
use serde_json::json;

use super::{Canned, answer, phone};

/// A body from `samples/api/`.
pub fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/api").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn client(name: &str) -> Client<Canned> {
    Canned::json(&sample(name))
}

/// A request as the documentation would print it.
fn shown(request: &Request) -> String {
    let method = if request.method == Method::Get { "GET" } else { "POST" };
    let params: Vec<_> = request.params.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{method} {}{}", request.path, params.concat())
}

#[tokio::test]
async fn requests_are_as_documented() {
    let (client, asked) = Canned::client(Ok(answer(200, &sample("created.json"))));
    let who = SubscriberId::new("SUBSCRIBER-ID");
    let (user, subscribers, labels) = (client.user(), client.subscribers(), client.labels());
    let (catalog, webhooks) = (client.catalog(), client.webhooks());
    // What comes back isn't what most of them ask for.
    let _ = user.info().await;
    let _ = user.usage().await;
    let _ = user.packages(1).await;
    let _ = user.modules(1).await;
    let _ = client.whatsapp().connected_numbers().await;
    let _ = subscribers.list(1).await;
    let amit = NewSubscriber::new(phone()).first_name("Amit").last_name("Sharma");
    subscribers.create(&amit).await.unwrap();
    subscribers.create(&NewSubscriber::new(phone()).first_name(" ")).await.unwrap();
    subscribers
        .update(&SubscriberUpdate::of(who.clone()).first_name("x").first_name("Updated Name"))
        .await
        .unwrap();
    subscribers.update(&SubscriberUpdate::of(who.clone()).phone(phone()).last_name("")).await.unwrap();
    subscribers.assign_labels(&who, &["12", "18", "22"].map(LabelId::new)).await.unwrap();
    subscribers.add_note(&who, "Customer asked for pricing details.").await.unwrap();
    let _ = labels.list(1).await;
    labels.create(" High Intent Leads ").await.unwrap();
    let _ = catalog.list(1).await;
    catalog.sync(&CatalogId::new("CATALOG-ID")).await.unwrap();
    let _ = catalog.orders(1).await;
    let _ = webhooks.list(1).await;
    webhooks.create("New Lead Webhook", "https://example.com/webhook").await.unwrap();
    let _ = labels.list(2).await;
    let _ = user.modules(3).await;
    let asked: Vec<_> = asked.borrow().iter().map(shown).collect();
    assert_eq!(
        asked,
        [
            "POST user/myInfo",
            "POST user/usage/log",
            "GET user/package/list",
            "POST user/module/list",
            "GET whatsapp/connect/account/list",
            "GET subscriber/list page=1",
            "POST subscriber/create phoneNumber=919876543210 firstName=Amit lastName=Sharma",
            "POST subscriber/create phoneNumber=919876543210",
            "POST subscriber/update subscriberId=SUBSCRIBER-ID firstName=Updated Name",
            "POST subscriber/update subscriberId=SUBSCRIBER-ID phoneNumber=919876543210 lastName=",
            "POST subscriber/assign-labels subscriberId=SUBSCRIBER-ID labelIds=12,18,22",
            "POST subscriber/add-note subscriberId=SUBSCRIBER-ID note=Customer asked for pricing details.",
            "GET label/list",
            "POST label/create labelName=High Intent Leads",
            "GET catalog/list",
            "POST catalog/sync catalogId=CATALOG-ID",
            "GET catalog/order/list",
            "GET webhook/workflow/list",
            "POST webhook/workflow/create workflowName=New Lead Webhook targetUrl=https://example.com/webhook",
            "GET label/list page=2",
            "POST user/module/list page=3",
        ]
    );
}

#[tokio::test]
async fn what_is_required_is_looked_for_before_anything_is_sent() {
    let (client, asked) = Canned::client(Ok(answer(200, &sample("done.json"))));
    let who = SubscriberId::new("501");
    let subscribers = client.subscribers();
    let errors = [
        subscribers.update(&SubscriberUpdate::of(who.clone())).await.unwrap_err(),
        subscribers.assign_labels(&who, &[]).await.unwrap_err(),
        subscribers.assign_labels(&who, &[LabelId::new("12,13")]).await.unwrap_err(),
        subscribers.add_note(&who, " \n").await.unwrap_err(),
        client.labels().create("  ").await.unwrap_err(),
        client.catalog().sync(&CatalogId::new(" ")).await.unwrap_err(),
        client.webhooks().create(" ", "https://example.com").await.unwrap_err(),
        client.webhooks().create("n", "example.com/hook").await.unwrap_err(),
        client.webhooks().create("n", "ftp://example.com/hook").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.http_status(), error.is_in_doubt()),
            (ApiErrorKind::Invalid, None, false)
        );
        assert!(error.to_string().contains(" wasn't asked: "), "{error}");
    }
    assert!(asked.borrow().is_empty());
}

#[tokio::test]
async fn the_account_is_read() {
    let documented = client("my-info.json").user().info().await.unwrap();
    let bot = json!({"display_phone_number": "+91 98765 XXXXX", "phone_number_id": "PHONE_NUMBER_ID",
        "whatsapp_business_account_id": "WABA_ID", "verified_name": "Sendwo"});
    assert_eq!(
        json!(documented),
        json!({"user_id": "114", "user_type": "Member", "name": "Sendwo User", "email": "member@example.com",
            "package_name": "Premium", "status": "1", "whatsapp_bots_details": [bot]})
    );
    let sibling = client("my-info.sibling.json").user().info().await.unwrap();
    assert_eq!(sibling.other["expired_date"], "2025-07-02 00:00:00");
    assert_eq!(sibling.numbers[0].number.as_str(), "119060000040020");

    let usage = client("usage-log.json").user().usage().await.unwrap();
    assert_eq!((usage.package_name.as_deref(), usage.total_modules), (Some("Premium"), Some(20)));
    assert_eq!(usage.module("message credit").unwrap().left(), Some(Limit::Unlimited));
    assert_eq!(usage.module("Subscribers").unwrap().left(), Some(Limit::Of(3750)));
    assert_eq!(usage.module("Nothing"), None);

    let packages = client("package-list.json").user().packages(1).await.unwrap();
    let growth = json!({"id": "2", "package_name": "Growth", "package_type": "subscription", "validity": 30});
    assert_eq!((packages.len(), json!(packages[1])), (2, growth));

    let modules = client("module-list.json").user().modules(1).await.unwrap();
    let names: Vec<_> = modules.iter().map(|module| module.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Broadcast", "API Developer Access", "Live Chat"]);

    let numbers = client("account-list.json").whatsapp().connected_numbers().await.unwrap();
    assert_eq!(numbers[0].id.as_deref(), Some("10"));
    assert_eq!(numbers[0].name.as_deref(), Some("Your Brand"));
}

#[tokio::test]
async fn subscribers_labels_catalogs_orders_and_workflows_are_read() {
    let subscribers = client("subscriber-list.json").subscribers().list(1).await.unwrap();
    assert_eq!(subscribers[0].id, Some(SubscriberId::new("501")));
    assert_eq!((subscribers[0].phone, subscribers[0].labels.len()), (Some(phone()), 2));
    let page = client("subscriber-list.page.json").subscribers().list(2).await.unwrap();
    assert_eq!(page[0].name(), "ज़ोया");
    assert_eq!(page[0].phone.unwrap().digits(), "919876543211");
    assert!(page[0].carries("high intent leads") && page[1].carries("vip"));
    assert_eq!((page[1].phone, page[1].id.as_ref().unwrap().as_str()), (None, "503"));

    let labels = client("label-list.json").labels().list(1).await.unwrap();
    let read: Vec<_> =
        labels.iter().map(|l| (l.id.as_ref().map(LabelId::as_str), l.name.as_deref().unwrap())).collect();
    assert_eq!(read, [(Some("12"), "Lead"), (Some("18"), "Ecommerce"), (None, "VIP")]);

    let catalogs = client("catalog-list.json").catalog().list(1).await.unwrap();
    assert_eq!(catalogs[0].id, Some(CatalogId::new("900100200300")));
    assert_eq!((catalogs[1].name.as_deref(), &catalogs[0].other["products"]), (Some("Winter"), &json!(12)));

    let orders = client("order-list.json").catalog().orders(1).await.unwrap();
    assert_eq!((orders[0].status.as_deref(), orders[0].total.as_deref()), (Some("pending"), Some("1499.00")));
    assert_eq!((orders[1].status.as_deref(), orders[1].total.as_deref()), (Some("1"), Some("20")));
    assert_eq!(orders[0].other["items"][0]["quantity"], 1);

    let workflows = client("workflow-list.json").webhooks().list(1).await.unwrap();
    let targets: Vec<_> = workflows.iter().map(|w| w.target_url.as_deref().unwrap()).collect();
    assert_eq!(targets, ["https://example.com/webhook", "https://example.com/orders"]);
}

#[tokio::test]
async fn an_action_is_done_only_where_that_is_plainly_said() {
    let note = "Customer asked for pricing details.";
    let who = SubscriberId::new("501");
    let ask = async |answered| {
        let (client, asked) = Canned::client(answered);
        let result = client.subscribers().add_note(&who, note).await;
        assert_eq!(asked.borrow().len(), 1, "once, whatever comes back");
        result
    };
    let done = ask(Ok(answer(200, &sample("done.json")))).await.unwrap();
    assert_eq!(done.text.as_deref(), Some("Updated successfully."));
    let created = client("created.json").labels().create("x").await.unwrap();
    assert_eq!(
        (created.id, created.done.text.as_deref()),
        (Some(LabelId::new("501")), Some("Created successfully."))
    );
    for (answered, in_doubt) in [
        (Ok(answer(200, r#"{"status":"0","message":"Subscriber not found"}"#)), false),
        (Ok(answer(404, r#"{"message":"Subscriber not found"}"#)), false),
        (Ok(answer(429, r#"{"message":"Too many attempts"}"#)), false),
        (Ok(answer(408, r#"{"status":"0","message":"Request timeout"}"#)), true),
        (Ok(answer(200, r#"{"status":"0","message":"cURL error 28: Operation timed out"}"#)), true),
        (Ok(answer(200, r#"{"message":"Note added successfully."}"#)), true),
        (Ok(answer(200, r#"{"message":{"id":1}}"#)), true),
        (Ok(answer(200, r#"{"status":"maybe","data":{"id":1}}"#)), true),
        (Ok(answer(200, "<html>")), true),
        (Ok(answer(200, "")), true),
        (Ok(answer(500, r#"{"status":"1"}"#)), true),
        (Ok(answer(401, r#"{"message":"Unauthenticated."}"#)), false),
        (Ok(answer(302, "")), false),
        (Err(CallError::NeverConnected("refused".into())), false),
        (Err(CallError::Lost("reset".into())), true),
    ] {
        let case = format!("{answered:?}");
        let error = ask(answered).await.unwrap_err();
        assert_eq!(error.is_in_doubt(), in_doubt, "{case}: {error}");
        assert_eq!(error.endpoint(), "subscriber/add-note");
    }
}

#[tokio::test]
async fn no_answer_tells_what_was_sent_about_a_person() {
    let said = "Amitabha Sharma (+91 98765 43210) is known; Customer asked for pricing details. Code 7";
    for (http, status) in [(200, "0"), (200, "1"), (422, "0"), (500, "0")] {
        let body = json!({"status": status, "message": said}).to_string();
        let client = Canned::client(Ok(answer(http, &body))).0;
        let amit = NewSubscriber::new(phone()).first_name("Amitabha").last_name("Sharma (+91");
        let created = format!("{:?}", client.subscribers().create(&amit).await);
        let who = SubscriberId::new("501");
        let noted = client.subscribers().add_note(&who, "Customer asked for pricing details.").await;
        let noted = format!("{noted:?}");
        assert!(created.contains("[as sent]") && created.contains("…3210"), "{created}");
        assert!(!created.contains("Amitabha") && !created.contains("98765 43210"), "{created}");
        assert!(noted.contains("[as sent]") && !noted.contains("pricing"), "{noted}");
    }
}
