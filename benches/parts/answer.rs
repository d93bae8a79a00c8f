//! From an answer's bytes to what they say.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput};
use sendcast::domain::ids::NumberId;
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::sendwo::{CallError, Client, Request, Response, Token, Transport, reply};
use serde_json::Value;

use super::round;

const BODIES: [(&str, &[u8]); 2] = [
    ("accepted", include_bytes!("../../samples/api/send-ok.json")),
    ("refused", include_bytes!("../../samples/api/refused-window.json")),
];

/// Answers at once.
#[derive(Clone)]
struct Instantly(&'static [u8]);

impl Transport for Instantly {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        black_box(request);
        Ok(Response { http: 200, body: self.0.to_vec(), ..Response::default() })
    }
}

pub fn bench(criterion: &mut Criterion) {
    let runtime = round::runtime();
    let from = NumberId::new("PHONE_NUMBER_ID");
    let to = Phone::from_digits("919800000000").expect("a phone number");
    let message = Message::Text { body: "Hi Asha, your order A00001234 from Pune is on its way.".to_owned() };
    for (name, body) in BODIES {
        let mut group = criterion.benchmark_group(format!("answer, {name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("sendcast, request to exchange", |bencher| {
            let client = Client::new(Instantly(body), Token::new("12|bench").expect("a token"));
            bencher.iter_custom(|count| {
                runtime.block_on(async {
                    let begun = Instant::now();
                    for _ in 0..count {
                        black_box(client.whatsapp().send(&from, to, &message).await);
                    }
                    begun.elapsed()
                })
            });
        });
        group.bench_function("sendcast, bytes to reply", |bencher| {
            bencher.iter(|| reply::read(black_box(body), None, &|_| None));
        });
        group.bench_function("serde_json", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(body)));
        });
        group.finish();
    }
}
