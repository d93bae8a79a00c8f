//! `X-Hub-Signature-256: sha256=<hex>`: HMAC-SHA256 of the raw body under a shared secret. Source: Meta's pages on
//! webhooks ("Validating payloads").

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::secret::SecretError;

use crate::domain::hex::hex;

/// The header's name.
pub const HEADER: &str = "x-hub-signature-256";

/// The secret that bodies are signed with. `Debug` doesn't show it.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// Takes a secret, trimmed.
    ///
    /// # Errors
    /// When it is empty, or holds control characters: then it was pasted wrongly.
    pub fn new(text: &str) -> Result<SigningSecret, SecretError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(SecretError::Characters);
        }
        Ok(SigningSecret(SecretString::from(text)))
    }

    /// Whether this header's value signs this body. Compared in constant time.
    #[must_use]
    pub fn signs(&self, header: &str, body: &[u8]) -> bool {
        let header = header.trim();
        let Some(hex) = header.get(7..).filter(|_| header.as_bytes()[..7].eq_ignore_ascii_case(b"sha256="))
        else {
            return false;
        };
        let Some(told) = unhex(hex) else { return false };
        self.mac(body).is_some_and(|mac| mac.verify_slice(&told).is_ok())
    }

    /// The header's value for a body, as whoever posts it makes it.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        let code = self.mac(body).map(|mac| hex(&mac.finalize().into_bytes()));
        format!("sha256={}", code.unwrap_or_default())
    }

    fn mac(&self, body: &[u8]) -> Option<Hmac<Sha256>> {
        // A key of any length will do: it never fails.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).ok()?;
        mac.update(body);
        Some(mac)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let bytes = hex.as_bytes();
    if bytes.len() != 64 {
        return None;
    }
    bytes
        .chunks_exact(2)
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(pair[0])? << 4 | digit(pair[1])?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_is_met_and_nothing_else() {
        // RFC 4231, test case 2.
        let secret = SigningSecret::new("Jefe").unwrap();
        let body = b"what do ya want for nothing?";
        let header = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(secret.sign(body), header);
        assert!(secret.signs(header, body) && secret.signs(&header.to_uppercase(), body));
        assert!(!secret.signs(header, b"what do ya want for nothing!"));
        assert!(!SigningSecret::new("Jeff").unwrap().signs(header, body));
        for bad in ["", "sha256=", "sha1=00", &header[..70], &header.replace('5', "g"), "sha256=é", "é"] {
            assert!(!secret.signs(bad, body), "{bad}");
        }
        assert!(!format!("{secret:?}").contains("Jefe"));
        assert!(SigningSecret::new(" \n").is_err() && SigningSecret::new("a\u{7}b").is_err());
    }
}
