//! The client over canned answers: documented ones, failures, anything at all.

use proptest::prelude::*;
use sendcast::domain::ids::{MessageId, NumberId};
use sendcast::domain::job::Reach;
use sendcast::domain::outcome::{Exchange, Outcome, classify};
use sendcast::sendwo::{ApiErrorKind, CallError, DeliveryStatus, Direction, Moment, Response};

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
        assert_eq!((error.kind, error.code, error.http), (kind, code, http), "{case}");
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

proptest! {
    #[test]
    fn no_answer_panics(http in prop_oneof![Just(200u16), 100..600u16], body in any_body()) {
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
        });
    }
}
