//! HTTP/1.1 over one connection, with as little work as can be: what it takes is missing to Redis beside it.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// What the answer sets, as a request sends it back.
    pub(crate) cookies: String,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request, and takes its whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = read(&self.received)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, when all of it is there.
fn read(received: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(begin) = response.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let mut answer = Answer { status: response.code.unwrap_or_default(), cookies: String::new() };
    let mut length = 0;
    for header in response.headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let text = str::from_utf8(header.value).map_err(io::Error::other)?;
            length = text.parse().map_err(io::Error::other)?;
        } else if header.name.eq_ignore_ascii_case("set-cookie") {
            keep(&mut answer.cookies, header.value);
        }
    }
    Ok((received.len() >= begin + length).then_some(answer))
}

/// One that is removed has no value.
fn keep(cookies: &mut String, set: &[u8]) {
    let set = String::from_utf8_lossy(set);
    let pair = set.split(';').next().unwrap_or_default();
    if pair.ends_with('=') {
        return;
    }
    if !cookies.is_empty() {
        cookies.push_str("; ");
    }
    cookies.push_str(pair);
}

const HEAD: &str =
    "Host: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\nAccept: application/json\r\n";

pub(crate) fn get_me(cookies: &str) -> Vec<u8> {
    let cookie = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}\r\n") };
    format!("GET /me HTTP/1.1\r\n{HEAD}{cookie}\r\n").into_bytes()
}

pub(crate) fn post_login(path: &str, user: u64) -> Vec<u8> {
    let body = format!(r#"{{"email":"user{user}@example.com","password":"open sesame"}}"#);
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub(crate) fn post_refresh(path: &str, cookies: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\n{HEAD}Cookie: {cookies}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_there_when_its_body_is() -> io::Result<()> {
        let whole = b"HTTP/1.1 200 OK\r\nset-cookie: a=1; Path=/\r\nset-cookie: gone=; Max-Age=0\r\n\
            set-cookie: b=2\r\ncontent-length: 2\r\n\r\n{}";
        for end in 0..whole.len() {
            assert!(read(&whole[..end])?.is_none(), "{end}");
        }
        let answer = read(whole)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        assert_eq!((answer.status, answer.cookies.as_str()), (200, "a=1; b=2"));
        Ok(())
    }
}
