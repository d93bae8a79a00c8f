//! Lists over all pages, from servers that page in every way.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use futures_util::Stream;
use sendcast::sendwo::{ApiError, ApiErrorKind, CallError, Client, Request, Response, Subscriber, Transport};
use serde_json::{Value, json};

use super::{answer, token};

type Answer = dyn Fn(u32) -> Result<Response, CallError>;

/// Answers by the page that is asked for.
#[derive(Clone)]
struct Paged {
    answer: Rc<Answer>,
    asked: Rc<RefCell<Vec<u32>>>,
}

impl Transport for Paged {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        let page = request.params.iter().find(|(name, _)| name == "page");
        let page = page.map_or(1, |(_, page)| page.parse().unwrap());
        self.asked.borrow_mut().push(page);
        (self.answer)(page)
    }
}

fn server(
    answer: impl Fn(u32) -> Result<Response, CallError> + 'static,
) -> (Client<Paged>, Rc<RefCell<Vec<u32>>>) {
    let asked = Rc::default();
    (Client::new(Paged { answer: Rc::new(answer), asked: Rc::clone(&asked) }, token()), asked)
}

fn rows(rows: impl IntoIterator<Item = Value>) -> Result<Response, CallError> {
    let rows: Vec<_> = rows.into_iter().collect();
    Ok(answer(200, &json!({"status": "1", "message": rows}).to_string()))
}

fn people(ids: impl IntoIterator<Item = u32>) -> Result<Response, CallError> {
    rows(ids.into_iter().map(|id| json!({"subscriber_id": id, "first_name": "Asha"})))
}

fn ids(found: &[Subscriber]) -> Vec<u32> {
    found.iter().map(|person| person.id.as_ref().unwrap().as_str().parse().unwrap()).collect()
}

async fn all(client: &Client<Paged>) -> Result<Vec<Subscriber>, ApiError> {
    client.subscribers().all().collect().await
}

#[tokio::test]
async fn a_list_ends_at_an_empty_page() {
    let (client, asked) = server(|page| match page {
        1 => people(0..3),
        2 => people(3..5),
        _ => people([]),
    });
    assert_eq!(ids(&all(&client).await.unwrap()), [0, 1, 2, 3, 4]);
    assert_eq!(*asked.borrow(), [1, 2, 3]);
    let (client, asked) = server(|_| people([]));
    assert_eq!(all(&client).await.unwrap(), []);
    assert_eq!(*asked.borrow(), [1]);
}

#[tokio::test]
async fn a_list_ends_where_a_page_repeats() {
    // A server that knows no pages; one that gives its last page for ever; one that goes round.
    let (client, asked) = server(|_| people(0..3));
    assert_eq!(ids(&all(&client).await.unwrap()), [0, 1, 2]);
    assert_eq!(*asked.borrow(), [1, 2]);
    let (client, _) = server(|page| people([page.min(4)]));
    assert_eq!(ids(&all(&client).await.unwrap()), [1, 2, 3, 4]);
    let (client, asked) = server(|page| people([page % 3]));
    assert_eq!(ids(&all(&client).await.unwrap()), [1, 2, 0]);
    assert_eq!(*asked.borrow(), [1, 2, 3, 4]);
    // Rows without an id are known by what they say.
    let (client, asked) = server(|_| rows([json!({"first_name": "A"}), json!({"first_name": "B"})]));
    assert_eq!(all(&client).await.unwrap().len(), 2);
    assert_eq!(*asked.borrow(), [1, 2]);
}

#[tokio::test]
async fn rows_that_move_on_to_the_next_page_are_told_once_and_doubles_on_a_page_stay() {
    // Somebody was added in front between the two questions.
    let (client, _) = server(|page| match page {
        1 => people([3, 2]),
        2 => people([2, 1]),
        _ => people([]),
    });
    assert_eq!(ids(&all(&client).await.unwrap()), [3, 2, 1]);
    let (client, _) = server(|page| match page {
        1 => rows([json!({"first_name": "Asha"}), json!({"first_name": "Asha"})]),
        _ => rows([]),
    });
    assert_eq!(all(&client).await.unwrap().len(), 2, "two people of one name");
}

#[tokio::test]
async fn an_error_is_never_a_shorter_list() {
    for broken in [
        Ok(answer(500, "")),
        Ok(answer(200, "<html>")),
        Ok(answer(200, r#"{"status":"1"}"#)),
        Ok(answer(200, r#"{"status":"1","message":{"total":2}}"#)),
        Ok(answer(200, r#"{"status":"1","message":[7,null]}"#)),
        Ok(answer(200, r#"{"status":"0","message":"Something went wrong"}"#)),
        Ok(answer(401, r#"{"message":"Unauthenticated."}"#)),
        Err(CallError::Lost("reset".into())),
    ] {
        let case = format!("{broken:?}");
        let (client, asked) = server(move |page| if page == 1 { people(0..3) } else { broken.clone() });
        let mut pages = client.subscribers().all();
        for _ in 0..3 {
            pages.next().await.unwrap().unwrap();
        }
        assert!(pages.next().await.unwrap().is_err(), "{case}");
        assert!(pages.next().await.is_none(), "{case}: it has ended");
        assert_eq!(*asked.borrow(), [1, 2]);
        assert!(all(&client).await.is_err(), "{case}");
    }
    // It can be taken up where it broke off.
    let broken = RefCell::new(2);
    let (client, asked) = server(move |page| match (page, &mut *broken.borrow_mut()) {
        (2, times @ 1..) => {
            *times -= 1;
            Ok(answer(500, ""))
        }
        (1 | 2, _) => people([page]),
        _ => people([]),
    });
    let mut pages = client.subscribers().all();
    pages.again();
    let mut found = Vec::new();
    while let Some(row) = pages.next().await {
        match row {
            Ok(row) => found.push(row),
            Err(_) => pages.again(),
        }
    }
    pages.again();
    assert!(pages.next().await.is_none(), "it has ended");
    assert_eq!((ids(&found), &asked.borrow()[..]), (vec![1, 2], &[1, 2, 2, 2, 3][..]));
    // Only a no that speaks of the page ends it, and never at the first one.
    let gone = |text: &str| Ok(answer(200, &json!({"status": "0", "message": text}).to_string()));
    let (client, _) = server(move |page| if page < 3 { people([page]) } else { gone("No data found") });
    assert_eq!(ids(&all(&client).await.unwrap()), [1, 2]);
    let (client, _) = server(move |_| gone("No data found"));
    assert_eq!(all(&client).await.unwrap_err().kind(), ApiErrorKind::Refused);
}

#[tokio::test]
async fn a_server_without_an_end_is_given_up() {
    let (client, asked) = server(|page| people([page]));
    let error = client.subscribers().all().at_most(50).collect().await.unwrap_err();
    assert!(error.to_string().contains("the list doesn't end: page 50"), "{error}");
    assert_eq!(asked.borrow().len(), 50);
}

#[tokio::test]
async fn pages_are_asked_for_as_they_are_wanted_and_are_a_stream() {
    let (client, asked) = server(|page| people([page * 2, page * 2 + 1]));
    let mut stream = pin!(client.subscribers().all().into_stream());
    let mut next = async || std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await.unwrap().unwrap();
    assert!(asked.borrow().is_empty());
    assert_eq!(ids(&[next().await, next().await]), [2, 3]);
    assert_eq!(*asked.borrow(), [1]);
    assert_eq!(ids(&[next().await]), [4]);
    assert_eq!(*asked.borrow(), [1, 2]);
}

#[tokio::test]
async fn every_list_goes_over_its_pages() {
    let (client, asked) = server(|page| {
        let row = json!({"id": page, "phone_number_id": page, "message": "Hi", "wa_message_id": page});
        if page < 3 { rows([row]) } else { rows([]) }
    });
    let user = client.user();
    let counts = [
        user.all_packages().collect().await.unwrap().len(),
        user.all_modules().collect().await.unwrap().len(),
        client.whatsapp().all_connected_numbers().collect().await.unwrap().len(),
        client.whatsapp().whole_conversation("501").collect().await.unwrap().len(),
        client.subscribers().all().collect().await.unwrap().len(),
        client.labels().all().collect().await.unwrap().len(),
        client.catalog().all().collect().await.unwrap().len(),
        client.catalog().all_orders().collect().await.unwrap().len(),
        client.webhooks().all().collect().await.unwrap().len(),
    ];
    assert_eq!(counts, [2; 9]);
    assert_eq!(*asked.borrow(), [1, 2, 3].repeat(9));
}
