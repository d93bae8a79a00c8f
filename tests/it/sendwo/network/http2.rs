//! The server's side of HTTP/2, where TLS negotiated it: the same faults, in its own words.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, server};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::super::FINE;
use super::super::faults::Fault;
use super::moment::Moment;
use super::witness::Post;

type Tls = TlsStream<TcpStream>;

/// What becomes of the connection after a stream.
enum After {
    Stays,
    Closes,
    Aborts(Reason),
    Leaves,
}

pub async fn serve(stream: Tls, post: &Arc<Post>) {
    let Ok(mut connection) = server::handshake(stream).await else { return };
    let mut served = 0;
    loop {
        let accepted = tokio::select! {
            biased;
            accepted = connection.accept() => accepted,
            () = post.now.notified(), if served > 0 && post.moment().is_some() => {
                strike(connection, post).await;
                return;
            }
        };
        let Some(Ok((request, answer))) = accepted else { return };
        post.saw().begun += 1;
        // The body comes while the connection is driven.
        let exchange = one(request, answer, post.clone(), served > 0);
        tokio::pin!(exchange);
        let after = loop {
            tokio::select! {
                after = &mut exchange => break after,
                more = connection.accept() => match more {
                    Some(Ok((request, _))) => {
                        post.saw().begun += 1;
                        tokio::spawn(read(request, post.clone(), true));
                    }
                    _ => return,
                },
            }
        };
        served += 1;
        match after {
            After::Stays => {}
            After::Closes => return,
            After::Aborts(reason) => {
                connection.abrupt_shutdown(reason);
                drive(&mut connection).await;
                return;
            }
            After::Leaves => {
                connection.graceful_shutdown();
                drive(&mut connection).await;
                return;
            }
        }
    }
}

/// Gives what was said time to go out.
async fn drive(connection: &mut Connection<Tls, Bytes>) {
    let _ = tokio::time::timeout(Duration::from_millis(50), async {
        while let Some(Ok(_)) = connection.accept().await {}
    })
    .await;
}

/// Ends an idle connection; requests that still come are read and not answered.
async fn strike(mut connection: Connection<Tls, Bytes>, post: &Arc<Post>) {
    match post.moment() {
        Some(Moment::Close) | None => return,
        Some(Moment::Reset) => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
        Some(Moment::Late408) => connection.abrupt_shutdown(Reason::NO_ERROR),
        Some(Moment::HalfClose) => connection.graceful_shutdown(),
    }
    let mut last = Vec::new();
    while let Some(Ok((request, answer))) = connection.accept().await {
        post.saw().begun += 1;
        last.push(tokio::spawn(read(request, post.clone(), true)));
        drop(answer);
    }
    for reading in last {
        let _ = reading.await;
    }
}

/// Reads a request to its end; its recipient, unless it stays incomplete.
async fn read(request: Request<RecvStream>, post: Arc<Post>, pooled: bool) -> Option<String> {
    let (head, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.ok()?;
        body.flow_control().release_capacity(chunk.len()).ok()?;
        bytes.extend_from_slice(&chunk);
    }
    body.is_end_stream().then(|| post.whole(head.uri.path(), &String::from_utf8_lossy(&bytes), pooled))
}

async fn one(
    request: Request<RecvStream>,
    mut answer: SendResponse<Bytes>,
    post: Arc<Post>,
    pooled: bool,
) -> After {
    let fault = post.fault();
    if matches!(fault, Some(Fault::CloseAtAccept | Fault::CloseUnread)) {
        return After::Closes;
    }
    let Some(to) = read(request, post.clone(), pooled).await else { return After::Stays };
    let head = |http: u16| Response::builder().status(http);
    let body = |answer: &mut SendResponse<Bytes>, head: Response<()>, bytes: &'static str, ends: bool| {
        let mut stream = answer.send_response(head, false).ok()?;
        stream.send_data(Bytes::from_static(bytes.as_bytes()), ends).ok()?;
        Some(stream)
    };
    let Some(fault) = fault else {
        post.answered_well(to);
        let _ = body(&mut answer, head(200).body(()).unwrap(), FINE, true);
        return After::Stays;
    };
    if let Some(http) = fault.http() {
        post.saw().answered.insert(to, http);
        let whole = head(http).header("location", "/other").header("content-type", "text/html");
        let _ = body(&mut answer, whole.body(()).unwrap(), "<html>", true);
        return After::Stays;
    }
    match fault {
        // It says that nothing was done, after everything was read: many a client would send again by itself.
        Fault::ResetAfterRequest => answer.send_reset(Reason::REFUSED_STREAM),
        Fault::BadStatusLine => answer.send_reset(Reason::PROTOCOL_ERROR),
        Fault::CutHead => return After::Aborts(Reason::NO_ERROR),
        Fault::CutChunks => return After::Leaves,
        Fault::ResetAtAccept => return After::Aborts(Reason::INTERNAL_ERROR),
        Fault::CutBody | Fault::HangInBody | Fault::OversizedHead => {
            let longer = head(200).header("content-length", FINE.len() + 1).body(()).unwrap();
            let Some(mut stream) = body(&mut answer, longer, FINE, false) else { return After::Closes };
            if fault != Fault::HangInBody {
                stream.send_reset(Reason::CANCEL);
            } else {
                let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
            }
        }
        Fault::Hang => {
            let _ = std::future::poll_fn(|cx| answer.poll_reset(cx)).await;
        }
        _ => return After::Closes,
    }
    After::Stays
}
