//! Both shapes, whatever is around them; and whatever is no webhook at all.

use proptest::prelude::*;
use sendcast::domain::ids::{MessageId, NumberId};
use sendcast::domain::job::{News, Reach};
use sendcast::domain::phone::Phone;
use sendcast::domain::problem::Problem;
use sendcast::domain::time::Millis;
use sendcast::sendwo::Moment;
use sendcast::webhooks::{Button, Hook, HookDelivery, HookMarketing, HookReply, Unreadable, Wish, read};
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

fn hooks(body: &Value) -> Vec<Hook> {
    read(body.to_string().as_bytes(), JSON).unwrap()
}

fn delivery(id: &str, news: News, at: Option<Moment>) -> Hook {
    Hook::Delivery(HookDelivery { id: MessageId::new(id), news, at })
}

fn reply() -> HookReply {
    HookReply {
        from: Phone::from_digits("919876543210"),
        id: Some(MessageId::new("wamid.IN=")),
        ..HookReply::default()
    }
}

/// One of these words.
fn wrote(words: &str) -> HookReply {
    HookReply { text: Some(words.into()), words: Some(words.into()), ..reply() }
}

fn button(id: &str, title: &str) -> Option<Button> {
    Some(Button { id: id.into(), title: title.into() })
}

#[test]
fn the_flat_shape_as_json_and_as_a_form() {
    let read_at = Moment::parse("2024-07-28 13:21:03");
    let expected = [delivery("wamid.A==", News::Reached(Reach::Read), read_at)];
    let fields = json!({"webhook_type": "message_status_change", "wa_message_id": "wamid.A==",
        "message_status": "read", "status_time": "2024-07-28 13:21:03", "failed_reason": "", "novelty": [1, {}]});
    assert_eq!(hooks(&fields), expected);
    let form = "webhook_type=message_status_change&wa_message_id=wamid.A%3D%3D&message_status=READ\
                &status_time=2024-07-28+13%3A21%3A03&failed_reason=";
    for (body, kind) in [
        (form.to_owned(), FORM),
        (form.to_owned(), None),
        (format!("payload={}", url::form_urlencoded::byte_serialize(fields.to_string().as_bytes()).collect::<String>()), FORM),
        ("data[wa_message_id]=wamid.A%3D%3D&data[message_status]=read&data[status_time]=2024-07-28 13:21:03".into(), FORM),
        (format!("\u{feff}{fields}"), JSON),
        (json!([fields]).to_string(), JSON),
        (json!({"event": "status", "data": fields}).to_string(), None),
    ] {
        assert_eq!(read(body.as_bytes(), kind).unwrap(), expected, "{body}");
    }
    let failed = json!({"wa_message_id": "wamid.A==", "message_status": "failed", "chat_id": "+91 98765-43210",
        "failed_reason": "(Error Code : 131026) Message to 919876543210 undeliverable"});
    let [Hook::Delivery(HookDelivery { news: News::Failed(problem), at: None, .. })] = &hooks(&failed)[..]
    else {
        panic!("{failed}")
    };
    assert_eq!(problem.code, Some(131_026));
    let unknown = json!({"wa_message_id": "a", "message_status": "failed", "chat_id": "919876543210",
        "failed_reason": "no way to reach 919876543210"});
    let told = News::Failed(Problem::new("no way to reach …3210"));
    assert_eq!(hooks(&unknown), [delivery("a", told, None)]);
}

#[test]
fn flat_replies_and_buttons() {
    let text = json!({"chat_id": "919876543210", "user_message": " STOP ", "subscriber_id": 77, "first_name": "Ann",
        "wa_message_id": "wamid.IN="});
    assert_eq!(hooks(&text), [Hook::Reply(HookReply { user: Some("77".into()), ..wrote("STOP") })]);
    let pressed = json!({"chat_id": 919_876_543_210_u64, "user_message": "Yes, please", "postbackid": "yes",
        "wa_message_id": "wamid.IN=", "context_id": "wamid.OURS"});
    let expected = HookReply {
        button: button("yes", "Yes, please"),
        answers: Some(MessageId::new("wamid.OURS")),
        ..wrote("Yes, please")
    };
    assert_eq!(hooks(&pressed), [Hook::Reply(expected)]);
    // Without words it is shown by its kind; what the business wrote, and what is told of ours, is no reply.
    let image = json!({"chat_id": "919876543210", "message_type": "image", "user_message": "", "wa_message_id": "wamid.IN="});
    assert_eq!(hooks(&image), [Hook::Reply(HookReply { words: Some("[image]".into()), ..reply() })]);
    let ours =
        json!({"chat_id": "919876543210", "user_message": "Hello", "sender": "bot", "wa_message_id": "a"});
    assert_eq!(hooks(&ours), []);
    let status = json!({"wa_message_id": "a", "message_type": "image", "message_status": "read"});
    assert_eq!(hooks(&status), [delivery("a", News::Reached(Reach::Read), None)]);
}

#[test]
fn metas_shape_with_several_events_in_one_body() {
    let at = Some(Moment::Exact(Millis(1_722_172_863_000)));
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
        {"field": "messages", "value": {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "9180", "phone_number_id": "1001"},
            "contacts": [{"wa_id": "919876543210", "profile": {"name": "Ann"}}],
            "statuses": [
                {"id": "wamid.A", "status": "sent", "timestamp": "1722172863", "recipient_id": "919876543210",
                 "conversation": {"id": "c"}, "pricing": {"billable": true}},
                {"id": "wamid.B", "status": "failed", "timestamp": "1722172863", "recipient_id": "919876543210",
                 "errors": [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}]},
                {"id": "wamid.C", "status": "warped"}, {"status": "read"}, 7, null],
            "messages": [
                {"from": "919876543210", "id": "wamid.IN=", "timestamp": "1722172863", "type": "interactive",
                 "context": {"from": "1", "id": "wamid.A"},
                 "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}},
                {"from": "919876543210", "id": "wamid.IN=", "timestamp": "1722172863", "type": "button",
                 "button": {"payload": "no", "text": "No"}},
                {"from": "919876543210", "id": "wamid.IN=", "timestamp": "1722172863", "type": "text", "text": {"body": "hi"}},
                {"from": "919876543210", "id": "wamid.IN=", "timestamp": "1722172863", "type": "image", "image": {"id": "9"}}]}},
        {"field": "account_update", "value": {"event": "X"}}]}, {"changes": 3}]});
    let found = hooks(&body);
    assert_eq!(found[0], delivery("wamid.A", News::Reached(Reach::Sent), at));
    let Hook::Delivery(HookDelivery { news: News::Failed(problem), .. }) = &found[1] else {
        panic!("{found:?}")
    };
    assert_eq!(problem.code, Some(131_047));
    let replies = [
        HookReply { answers: Some(MessageId::new("wamid.A")), button: button("yes", "Yes"), ..wrote("Yes") },
        HookReply { button: button("no", "No"), ..wrote("No") },
        wrote("hi"),
        HookReply { words: Some("[image]".into()), ..reply() },
    ];
    let number = Some(NumberId::new("1001"));
    let replies = replies.map(|reply| HookReply { at, number: number.clone(), ..reply });
    assert_eq!(found[2..], replies.map(Hook::Reply));
}

/// What Meta posts below `value`.
fn value(value: Value) -> Vec<Hook> {
    hooks(
        &json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value}]}]}),
    )
}

fn marketing(wish: Wish) -> HookMarketing {
    HookMarketing { from: reply().from, user: None, wish, code: None, at: None }
}

#[test]
fn a_preference_is_read_in_each_of_its_shapes() {
    let at = Some(Moment::Exact(Millis(1_731_705_721_000)));
    let told = json!({"wa_id": "919876543210", "detail": "User requested to stop marketing messages",
        "category": "marketing_messages", "value": "stop", "timestamp": 1_731_705_721});
    let contacts = json!([{"profile": {"name": "Ann"}, "wa_id": "919876543210"}]);
    let stop = Hook::Marketing(HookMarketing { at, ..marketing(Wish::Stop) });
    assert_eq!(value(json!({"contacts": contacts, "user_preferences": [told]})), [stop]);
    let mut resumed = told.clone();
    resumed["value"] = "resume".into();
    let resume = Hook::Marketing(HookMarketing { at, ..marketing(Wish::Resume) });
    assert_eq!(value(json!({"user_preferences": [resumed]})), [resume]);
    // Without a number of its own it is the body's only contact; else there is an id with the business, or nothing.
    let bare = json!({"category": "marketing_messages", "value": "stop"});
    let one = [Hook::Marketing(marketing(Wish::Stop))];
    assert_eq!(value(json!({"contacts": contacts, "user_preferences": [bare]})), one);
    let scoped =
        json!({"category": "marketing_messages", "value": "stop", "user_id": "IN.13491208655302741918"});
    let user = Some("IN.13491208655302741918".to_owned());
    let unknown = HookMarketing { from: None, user, ..marketing(Wish::Stop) };
    assert_eq!(value(json!({"user_preferences": [scoped]})), [Hook::Marketing(unknown)]);
    let other = json!({"wa_id": "919876543210", "category": "utility_messages", "value": "stop"});
    assert_eq!(value(json!({"user_preferences": [other]})), []);
    // As a note of WhatsApp's in the conversation; other notes are no replies.
    let system = json!({"from": "919876543210", "id": "wamid.IN=", "type": "system",
        "system": {"body": "User requested to stop", "marketing": "stop", "type": "user_preference_changed"}});
    assert_eq!(value(json!({"messages": [system]})), [Hook::Marketing(marketing(Wish::Stop))]);
    let moved = json!({"from": "919876543210", "id": "wamid.IN=", "type": "system",
        "system": {"body": "STOP", "wa_id": "919876543211", "type": "user_changed_number"}});
    assert_eq!(value(json!({"messages": [moved]})), []);
}

#[test]
fn code_131050_is_a_stop_whoevers_message_it_was() {
    let stop = Hook::Marketing(HookMarketing { code: Some(131_050), ..marketing(Wish::Stop) });
    let status = json!({"id": "wamid.X", "status": "failed", "recipient_id": "919876543210",
        "errors": [{"code": 131000, "title": "odd"}, {"code": 131050, "title": "stopped"}]});
    let found = value(json!({"statuses": [status]}));
    assert_eq!(found[1], stop);
    let Hook::Delivery(HookDelivery { news: News::Failed(problem), .. }) = &found[0] else {
        panic!("{found:?}")
    };
    assert_eq!(problem.code, Some(131_050), "the one that says most");
    let flat = json!({"wa_message_id": "a", "message_status": "failed", "chat_id": "919876543210",
        "failed_reason": "(Error Code : 131050 ) stopped"});
    assert_eq!(hooks(&flat)[1..], [stop]);
}

#[test]
fn captions_edits_and_people_without_a_number_are_read() {
    let said = |message: Value| {
        let found = value(json!({"messages": [message]}));
        let [Hook::Reply(reply)] = &found[..] else { panic!("{found:?}") };
        reply.clone()
    };
    let message = |kind: &str, content: Value| json!({"from": "919876543210", "id": "wamid.IN=", "type": kind, kind: content});
    for kind in ["image", "video", "document"] {
        assert_eq!(
            said(message(kind, json!({"id": "9", "caption": "STOP"}))).text.as_deref(),
            Some("STOP"),
            "{kind}"
        );
    }
    let edit = json!({"original_message_id": "wamid.OLD", "message": {"context": {"id": "wamid.OURS"}, "type": "text",
        "text": {"body": "STOP"}}});
    let edited = said(message("edit", edit));
    assert_eq!((edited.text.as_deref(), edited.answers), (Some("STOP"), Some(MessageId::new("wamid.OURS"))));
    assert_eq!(edited.words, None, "it says nothing of when it was an answer");
    let edit = json!({"original_message_id": "wamid.OLD", "message": {"type": "image", "image": {"caption": "Stop"}}});
    assert_eq!(said(message("edit", edit)).text.as_deref(), Some("Stop"));
    let scoped =
        said(json!({"from_user_id": "IN.7", "id": "wamid.IN=", "type": "text", "text": {"body": "stop"}}));
    assert_eq!(
        (scoped.from, scoped.user.as_deref(), scoped.text.as_deref()),
        (None, Some("IN.7"), Some("stop"))
    );
    let caption = json!({"chat_id": "919876543210", "caption": "STOP", "wa_message_id": "wamid.IN="});
    assert_eq!(hooks(&caption), [Hook::Reply(wrote("STOP"))]);
    let edited = json!({"chat_id": "919876543210", "edited_message": "STOP", "wa_message_id": "wamid.IN="});
    assert_eq!(hooks(&edited), [Hook::Reply(HookReply { words: None, ..wrote("STOP") })]);
    let subscriber = json!({"subscriber_id": 77, "user_message": "STOP", "wa_message_id": "wamid.IN="});
    let known = HookReply { from: None, user: Some("77".into()), ..wrote("STOP") };
    assert_eq!(hooks(&subscriber), [Hook::Reply(known)]);
}

#[test]
fn half_of_a_character_refuses_nothing() {
    let whole = r#"{"chat_id":"919876543210","user_message":"STOP \ud83d","wa_message_id":"wamid.IN="}"#;
    let packed = format!(r#"{{"payload":{}}}"#, json!(whole));
    for body in
        [whole.as_bytes(), packed.as_bytes(), &*[whole.replace("\\ud83d", "").as_bytes(), b" \xff"].concat()]
    {
        // Bytes behind the JSON are none of it.
        let Ok(found) = read(body, None) else {
            assert!(body.ends_with(b"\xff"));
            continue;
        };
        let [Hook::Reply(HookReply { text: Some(text), .. })] = &found[..] else { panic!("{found:?}") };
        assert!(text.starts_with("STOP"), "{text}");
    }
    let broken: &[u8] =
        b"{\"chat_id\":\"919876543210\",\"user_message\":\"STOP \xf0\x9f\",\"wa_message_id\":\"wamid.IN=\"}";
    assert_eq!(read(broken, None).unwrap().len(), 1);
}

#[test]
fn what_whatsapp_notes_itself_is_no_reply() {
    for note in [
        json!({"chat_id": "919876543210", "user_message": "Amit changed their number", "message_type": "system"}),
        json!({"chat_id": "919876543210", "user_message": "Amit joined", "sender": "System"}),
    ] {
        assert_eq!(hooks(&note), [], "{note}");
    }
    for message in [
        json!({"from": "919876543210", "id": "wamid.IN=", "type": "system",
            "system": {"body": "Amit changed from 1 to 2", "type": "user_changed_number"}}),
        json!({"from": "919876543210", "id": "wamid.IN=", "type": "system", "text": {"body": "Amit joined"}}),
    ] {
        let body = json!({"entry": [{"changes": [{"value": {"messages": [message]}}]}]});
        assert_eq!(hooks(&body), [], "{body}");
    }
}

#[test]
fn what_is_none_of_ours_changes_nothing() {
    for body in [
        json!({}),
        json!([]),
        json!({"entry": [{"changes": [{"value": {}}]}]}),
        json!({"webhook_type": "message_status_change", "wa_message_id": "a", "message_status": "teleported"}),
        json!({"message_status": "read"}),
        json!({"wa_message_id": "has a space", "message_status": "read"}),
        json!({"wa_message_id": "x".repeat(600), "message_status": "read"}),
        json!({"user_message": "hello"}),
        json!({"type": "order", "total": 3}),
    ] {
        assert_eq!(hooks(&body), [], "{body}");
    }
    for body in ["", " ", "hello", "<html></html>", "{", "7", "null", "\u{0}\u{1}=2", "{\"a\":"] {
        assert_eq!(read(body.as_bytes(), JSON), Err(Unreadable), "{body}");
    }
    assert_eq!(read(&[0xff, 0xfe, 0x80], FORM), Err(Unreadable));
}

/// Any JSON, with the names that are looked for among its own.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "(read|sent|failed|delivered|STOP|wamid\\.[A-Z]{1,9}=|919[0-9]{9}|17[0-9]{8})".prop_map(Value::from),
    ];
    let names = "(entry|changes|value|statuses|messages|id|status|timestamp|recipient_id|errors|code|error_data|details|\
                 from|context|reaction|emoji|message_id|location|contacts|order|nfm_reply|message_type|metadata|phone_number_id|user_preferences|wa_id|from_user_id|edit|message|image|caption|system|marketing|category|interactive|button_reply|list_reply|button|payload|text|body|title|wa_message_id|\
                 message_status|status_time|failed_reason|chat_id|user_message|postbackid|data|webhook_type|[a-z]{1,5})";
    leaf.prop_recursive(6, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(names, inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic_and_what_is_read_is_kept_as_it_is(body in any_json(), cut in any::<prop::sample::Index>()) {
        let text = body.to_string();
        if let Ok(hooks) = read(text.as_bytes(), JSON) {
            for hook in hooks {
                let stored = serde_json::to_string(&hook).unwrap();
                let mut back: Hook = serde_json::from_str(&stored).unwrap();
                if let (Hook::Reply(back), Hook::Reply(read)) = (&mut back, &hook) {
                    prop_assert_eq!(&back.text, &None, "what was written is kept as words alone");
                    back.text.clone_from(&read.text);
                    prop_assert_eq!(&back.user, &None, "nor who it was beside the number");
                    back.user.clone_from(&read.user);
                }
                if let (Hook::Marketing(back), Hook::Marketing(read)) = (&mut back, &hook) {
                    back.user.clone_from(&read.user);
                }
                prop_assert_eq!(back, hook);
            }
        }
        let _ = read(&text.as_bytes()[..cut.index(text.len())], JSON);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..400), form in any::<bool>()) {
        let _ = read(&body, form.then_some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn no_form_makes_it_panic(body in "([a-z_]{0,9}(\\[[a-z_]{0,9}\\])?=[a-z0-9%+]{0,9}&?){0,9}") {
        let _ = read(body.as_bytes(), FORM);
    }
}
