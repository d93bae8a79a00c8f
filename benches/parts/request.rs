//! A message as a form's bytes.

use criterion::{Criterion, Throughput};
use sendcast::sendwo::{Method, Request, Token};
use url::form_urlencoded::Serializer;

const TOKEN: &str = "1234|0123456789abcdefghijklmnopqrstuvwxyzABCD";
/// 160 characters.
const ASCII: &str = "Hi Maria Fernanda, your order A00001234 is on its way. It comes tomorrow between 9 and 12 at the \
                     latest; call us at +91 98000 00000 if nobody's at home. Cheers!";
/// 160 characters, 360 bytes.
const DEVANAGARI: &str = "नमस्ते आशा, आपका ऑर्डर A00001234 रास्ते में है। यह कल सुबह 9 से 12 बजे के बीच पहुँचेगा; यदि घर पर कोई न हो \
                          तो हमें +91 98000 00000 पर फ़ोन करें। हार्दिक धन्यवाद";

pub fn bench(criterion: &mut Criterion) {
    for (name, text) in [("ascii", ASCII), ("devanagari", DEVANAGARI)] {
        let params = [("phoneNumberId", "PHONE_NUMBER_ID"), ("to", "919800000000"), ("message", text)];
        let mut group = criterion.benchmark_group(format!("request, {name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("sendcast", |bencher| {
            let request = Request {
                method: Method::Post,
                path: "whatsapp/send-text-message",
                params: params.map(|(name, value)| (name.into(), value.to_owned())).into(),
                token: Token::new(TOKEN).expect("a token"),
                timeout: None,
            };
            bencher.iter(|| request.encoded());
        });
        group.bench_function("form_urlencoded", |bencher| {
            bencher.iter(|| {
                let mut form = Serializer::new(String::new());
                form.append_pair(Request::TOKEN_PARAM, TOKEN).extend_pairs(params);
                form.finish()
            });
        });
        group.finish();
    }
}
