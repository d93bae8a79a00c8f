//! The client over canned answers: documented ones, failures, anything at all.

use proptest::prelude::*;
use sendcast::domain::ids::{CatalogId, LabelId, MessageId, NumberId, SubscriberId};
use sendcast::domain::job::Reach;
use sendcast::domain::outcome::{Exchange, Outcome, classify};
use sendcast::sendwo::{
    ApiErrorKind, CallError, Client, DeliveryStatus, Direction, Moment, NewSubscriber, Response,
    SubscriberUpdate, Transport,
};
use serde_json::{Value, json};

use super::{Canned, FINE, answer, phone, text};

#[tokio::test]
async fn documented_answers_are_read() {
    let sent = Canned::json(FINE).whatsapp().send(&NumberId::new("N"), phone(), &text("x")).await;
    assert_eq!(classify(&sent), Outcome::Accepted { message_id: Some(MessageId::new("wamid.1=")) });

    let numbers = Canned::json(
        r#"{"status":"1","message":[{"id":10,"display_phone_number":"+91 98765 XXXXX","phone_number_id":"PHONE_NUMBER_ID",
            "whatsapp_business_account_id":"WABA_ID","verified_name":"Your Brand"},{"id":11,"phone_number_id":12345}]}"#,
    )
    .whatsapp()
    .connected_numbers()
    .await
    .unwrap();
    assert_eq!(numbers[0].number, NumberId::new("PHONE_NUMBER_ID"));
    assert_eq!(numbers[0].name.as_deref(), Some("Your Brand"));
    assert_eq!(numbers[1].number, NumberId::new("12345"));

    let info = Canned::json(
        r#"{"status":"1","message":{"user_id":114,"user_type":"Member","name":"Sendwo User","email":"member@example.com",
            "package_name":"Premium","status":"1","whatsapp_bots_details":[{"display_phone_number":"+91 98765 XXXXX",
            "phone_number_id":"PHONE_NUMBER_ID","whatsapp_business_account_id":"WABA_ID",
            "whatsapp_business_name":"Sendwo"}]}}"#,
    )
    .user()
    .info()
    .await
    .unwrap();
    assert_eq!(info.user_id.as_deref(), Some("114"));
    assert_eq!(info.numbers[0].name.as_deref(), Some("Sendwo"));

    let report = Canned::json(
        r#"{"status":"1","message":{"message_status":"delivered","delivery_status_updated_at":"2024-07-28 13:21:03",
            "read_time":null,"failed_time":null,"failed_reason":""}}"#,
    )
    .whatsapp()
    .delivery_status(&MessageId::new("wamid.1="))
    .await
    .unwrap();
    assert_eq!(report.status, Some(DeliveryStatus::Reached(Reach::Delivered)));
    assert_eq!(report.status_at(), Moment::parse("2024-07-28 13:21:03"));

    let body = r#"{"status":"1","message":[{"sender":"bot","message_content":"{\"text\":{\"body\":\"Hi\"}}",
        "conversation_time":"2024-07-28 13:21:03","wa_message_id":"wamid.1=","message_status":"sent","failed_reason":null}]}"#;
    let (client, asked) = Canned::client(Ok(answer(200, body)));
    let rows = client.whatsapp().conversation(phone(), 1).await.unwrap();
    assert_eq!((rows[0].direction, rows[0].content.text.as_deref()), (Some(Direction::Ours), Some("Hi")));
    client.whatsapp().conversation("501", 2).await.unwrap();
    let asked: Vec<_> = asked.borrow().iter().map(|request| request.params.clone()).collect();
    assert_eq!(asked[0], [("subscriberId".into(), "919876543210".to_owned())]);
    assert_eq!(asked[1], [("subscriberId".into(), "501".to_owned()), ("page".into(), "2".to_owned())]);
}

#[tokio::test]
async fn failures_are_told_apart() {
    use ApiErrorKind::{Faulty, Refused, Throttled, Unauthorised, Unreachable};
    let retry_after = None;
    for (answered, kind, code) in [
        (Ok(answer(401, r#"{"message":"Unauthenticated."}"#)), Unauthorised, Some(0)),
        (Ok(answer(302, "<html>login")), Unauthorised, None),
        (Ok(answer(200, r#"{"status":"0","message":"Error Code : 190"}"#)), Unauthorised, Some(190)),
        (Ok(answer(429, "")), Throttled { retry_after }, None),
        (
            Ok(answer(200, r#"{"status":"0","message":"Error Code : 80007"}"#)),
            Throttled { retry_after },
            Some(80_007),
        ),
        (Ok(answer(200, r#"{"status":"0","message":"No such subscriber"}"#)), Refused, None),
        (Ok(answer(404, "")), Refused, None),
        (Ok(answer(200, "<html>")), Faulty { retry_after }, None),
        (Ok(answer(200, "{}")), Faulty { retry_after }, None),
        (Ok(answer(500, "{}")), Faulty { retry_after }, None),
        (Err(CallError::NeverConnected("refused".into())), Unreachable, None),
        (Err(CallError::Lost("reset".into())), Unreachable, None),
    ] {
        let case = format!("{answered:?}");
        let http = answered.as_ref().ok().map(|response| response.http);
        let error = Canned::client(answered).0.whatsapp().connected_numbers().await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.http_status()), (kind, code, http), "{case}");
        assert!(error.to_string().starts_with("whatsapp/connect/account/list "), "{error}");
    }
}

/// An answer's body: anything at all, or a good one cut, bent or wrapped.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let good = prop_oneof![
        Just(FINE),
        Just(
            r#"{"status":"1","message":{"message_status":"failed","failed_time":"2024-07-28 13:21:03","failed_reason":"(Error Code : 131026)"}}"#
        ),
        Just(
            r#"{"status":"1","message":[{"sender":"bot","message_content":"{\"text\":{\"body\":\"Hi\"}}","conversation_time":1722172863}]}"#
        ),
        Just(
            r#"{"status":1,"message":[{"phone_number_id":1,"display_phone_number":[]},[],null,{"phone_number_id":{}}]}"#
        ),
        Just(r#"{"status":true,"message":{"user_id":"1","whatsapp_bots_details":{"0":1}}}"#),
        Just(
            r#"{"status":"1","message":{"modules":[{"module_name":"Message Credit","limit":"unlimited","used":-1},7],"total_modules":"x"}}"#
        ),
        Just(
            r#"{"status":"1","message":{"data":[{"subscriber_id":[],"phone_number":"+91 98765 XXXXX","labels":{"0":[],"7":{"name":{}}}}],"page":1}}"#
        ),
        Just(
            r##"{"status":"1","message":[{"id":12,"label_name":"Lead"},"VIP",{"workflow_name":1,"target_url":[]},{"order_id":{},"total":1e99}]}"##
        ),
        Just(r#"{"status":"1","message":"Created.","data":{"id":9007199254740993,"subscriber_id":null}}"#),
    ];
    let bent = (good, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..3u8)
        .prop_map(|(good, at, cut, byte, how)| {
            let mut bytes = good.as_bytes().to_vec();
            let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len()));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(cut),
                _ => bytes.insert(at, byte),
            }
            bytes
        });
    prop_oneof![bent, prop::collection::vec(any::<u8>(), 0..200)]
}

/// Any JSON, as an answer or within one.
fn any_json() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "status",
        "message",
        "data",
        "id",
        "modules",
        "limit",
        "used",
        "labels",
        "phone_number",
        "subscriber_id",
        "whatsapp_bots_details",
        "phone_number_id",
        "message_content",
        "errors",
        "0",
        "1",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("1")),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    });
    (value, any::<bool>()).prop_map(|(value, wrapped)| {
        if wrapped { json!({"status": "1", "message": value}) } else { value }.to_string().into_bytes()
    })
}

/// Asks everything once, all pages of every list; how much of it was answered.
pub(super) async fn everything<T: Transport>(client: &Client<T>) -> Vec<bool> {
    let (user, whatsapp, subscribers) = (client.user(), client.whatsapp(), client.subscribers());
    let (labels, catalog, webhooks) = (client.labels(), client.catalog(), client.webhooks());
    let who = SubscriberId::new("501");
    vec![
        user.info().await.is_ok(),
        user.usage().await.is_ok(),
        user.all_packages().collect().await.is_ok(),
        user.all_modules().collect().await.is_ok(),
        whatsapp.all_connected_numbers().collect().await.is_ok(),
        whatsapp.delivery_status(&MessageId::new("x")).await.is_ok(),
        whatsapp.whole_conversation(phone()).collect().await.is_ok(),
        subscribers.all().collect().await.is_ok(),
        subscribers.create(&NewSubscriber::new(phone())).await.is_ok(),
        subscribers.update(&SubscriberUpdate::of(who.clone()).first_name("x")).await.is_ok(),
        subscribers.assign_labels(&who, &[LabelId::new("12")]).await.is_ok(),
        subscribers.add_note(&who, "x").await.is_ok(),
        labels.all().collect().await.is_ok(),
        labels.create("x").await.is_ok(),
        catalog.all().collect().await.is_ok(),
        catalog.sync(&CatalogId::new("1")).await.is_ok(),
        catalog.all_orders().collect().await.is_ok(),
        webhooks.all().collect().await.is_ok(),
        webhooks.create("x", "https://example.com").await.is_ok(),
    ]
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_for_every_endpoint() {
    let long = format!(r#"{{"status":"1","message":[{}"#, "1,".repeat(100_000));
    for body in [
        "",
        "<html><body>502</body></html>",
        "{",
        "[]",
        "null",
        "1",
        r#"{"status":"1","message":[{"id":1"#,
        &long,
    ] {
        let answered = everything(&Canned::json(body)).await;
        assert!(!answered.contains(&true), "{answered:?}: {body:.60}");
    }
    let answered = everything(&Canned::json(r#"{"status":"0","message":"no"}"#)).await;
    assert!(!answered.contains(&true), "{answered:?}");
}

proptest! {
    #[test]
    fn no_answer_panics(http in prop_oneof![Just(200u16), 100..600u16], body in prop_oneof![any_body(), any_json()]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let answer = Response { http, body, ..Response::default() };
            let (client, asked) = Canned::client(Ok(answer));
            let exchange = client.whatsapp().send(&NumberId::new("N"), phone(), &text("x")).await;
            let answered = matches!(exchange, Exchange::Answered { .. });
            assert!(answered);
            let _ = classify(&exchange);
            let _ = client.whatsapp().delivery_status(&MessageId::new("x")).await;
            let _ = client.whatsapp().conversation(phone(), 1).await;
            let _ = client.whatsapp().connected_numbers().await;
            let _ = client.user().info().await;
            // One request for each question.
            assert_eq!(asked.borrow().len(), 5);
            everything(&client).await;
            // A list has a second page, and no third: it would be the same.
            assert!(asked.borrow().len() <= 5 + 19 + 9);
        });
    }
}
