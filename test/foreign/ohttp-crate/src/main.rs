//! A gateway of the crates ohttp and bhttp, for the probe. Its port is printed.
use bhttp::{Message, Mode, StatusCode};
use ohttp::hpke::{Aead, Kdf, Kem};
use ohttp::{KeyConfig, Server, SymmetricSuite};
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() {
    ohttp::init();
    let suites = vec![
        SymmetricSuite::new(Kdf::HkdfSha256, Aead::Aes128Gcm),
        SymmetricSuite::new(Kdf::HkdfSha256, Aead::ChaCha20Poly1305),
    ];
    let config = KeyConfig::new(1, Kem::X25519Sha256, suites).expect("a key");
    let keys = KeyConfig::encode_list(&[&config]).expect("a collection");
    let server = Server::new(config).expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    for stream in listener.incoming().flatten() {
        let _ = serve(stream, &server, &keys);
    }
}

fn serve(stream: TcpStream, server: &Server, keys: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (mut length, mut media_type) = (0, String::new());
    loop {
        let mut field = String::new();
        if reader.read_line(&mut field)? <= 2 {
            break;
        }
        let (name, value) = field.split_once(':').unwrap_or(("", ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "content-type" => media_type = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = line.split(' ');
    let (status, content_type, content) = match (words.next(), words.next()) {
        (Some("GET"), Some("/keys")) => (200, "application/ohttp-keys", keys.to_vec()),
        (Some("POST"), Some("/gateway")) if media_type == "message/ohttp-req" => {
            match answer(server, &body) {
                Some(sealed) => (200, "message/ohttp-res", sealed),
                None => (400, "text/plain", Vec::new()),
            }
        }
        (Some("POST"), Some("/gateway")) => (415, "text/plain", Vec::new()),
        (_, Some("/gateway")) => (405, "text/plain", Vec::new()),
        _ => (404, "text/plain", Vec::new()),
    };
    let mut out = stream;
    write!(
        out,
        "HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        content.len()
    )?;
    out.write_all(&content)
}

/// The encapsulated response; none if the request does not open.
fn answer(server: &Server, body: &[u8]) -> Option<Vec<u8>> {
    let (request, sealer) = server.decapsulate(body).ok()?;
    let status = match Message::read_bhttp(&mut Cursor::new(request)) {
        Err(_) => 400,
        Ok(message) => status_of(&message),
    };
    let mut response = Message::response(StatusCode::try_from(status).ok()?);
    response.write_content(b"hello");
    let mut bytes = Vec::new();
    response.write_bhttp(Mode::KnownLength, &mut bytes).ok()?;
    sealer.encapsulate(&bytes).ok()
}

fn status_of(message: &Message) -> u64 {
    let fields = message.header();
    if fields.get(b"expect").is_some() {
        return 417;
    }
    let authority = message.control().authority().filter(|name| !name.is_empty());
    match authority.or(fields.get(b"host")) {
        Some(b"target.example") if message.control().path() == Some(b"/") => 200,
        Some(b"target.example") => 404,
        _ => 403,
    }
}
