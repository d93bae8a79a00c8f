//! Addresses that can't be a media file's: pages that show one, and hosts that nobody outside reaches.

use url::{Host, Url};

/// Endings of names that only a network of one's own knows.
const PRIVATE: [&str; 10] = [
    "local",
    "localhost",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "home.arpa",
];

/// Services whose addresses are pages for people.
const PAGES: &[&str] = &[
    "youtube.com",
    "youtu.be",
    "instagram.com",
    "facebook.com",
    "fb.watch",
    "fb.com",
    "tiktok.com",
    "vimeo.com",
    "x.com",
    "twitter.com",
    "pinterest.com",
    "pin.it",
    "linkedin.com",
    "t.me",
    "wa.me",
    "canva.com",
    "wetransfer.com",
    "we.tl",
    "icloud.com",
    "photos.google.com",
    "photos.app.goo.gl",
    "imgur.com",
    "flickr.com",
    "snapchat.com",
    "1drv.ms",
    "threads.net",
    "mediafire.com",
    "mega.nz",
    "box.com",
    "pcloud.link",
    "terabox.com",
    "yadi.sk",
    "disk.yandex.ru",
    "disk.yandex.com",
    "cloud.mail.ru",
    "notion.so",
    "notion.site",
    "ibb.co",
    "postimg.cc",
    "gyazo.com",
    "prnt.sc",
    "dailymotion.com",
    "twitch.tv",
    "spotify.com",
    "soundcloud.com",
];

/// Types of files that WhatsApp takes as no kind of media.
pub(super) const OTHER_FILES: &[&str] = &[
    "7z", "aiff", "apk", "avi", "avif", "bmp", "csv", "dmg", "eps", "epub", "exe", "flac", "flv", "gif",
    "gz", "heic", "heif", "ico", "iso", "json", "m4v", "mid", "midi", "mkv", "mov", "mpeg", "mpg", "odp",
    "ods", "odt", "psd", "rar", "rtf", "svg", "tar", "tif", "tiff", "wav", "webm", "webp", "wma", "wmv",
    "xml", "zip",
];

/// Whether it is a path on somebody's computer.
pub(super) fn is_local_file(url: &str) -> bool {
    let drive = url.as_bytes().get(1) == Some(&b':') && url.starts_with(|c: char| c.is_ascii_alphabetic());
    drive || url.starts_with("file:") || url.starts_with("\\\\")
}

/// Why no media file can be at this address, with the form that works where there is one.
pub(super) fn check_address(url: &Url) -> Option<String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some(
            "holds a user name or a password, which WhatsApp doesn't take; put the file at a public address"
                .to_owned(),
        );
    }
    let host = match url.host()? {
        Host::Domain(host) => host.trim_end_matches('.').to_ascii_lowercase(),
        Host::Ipv4(ip) => return is_private_v4(ip.octets()).then(|| unreachable(&ip.to_string())),
        Host::Ipv6(ip) => {
            let private = match ip.to_ipv4_mapped() {
                Some(ip) => is_private_v4(ip.octets()),
                None => {
                    let first = ip.segments()[0];
                    ip.is_loopback()
                        || ip.is_unspecified()
                        || first & 0xfe00 == 0xfc00
                        || first & 0xffc0 == 0xfe80
                }
            };
            return private.then(|| unreachable(&ip.to_string()));
        }
    };
    if PRIVATE.iter().any(|ending| is_below(&host, ending)) {
        return Some(unreachable(&host));
    }
    if !host.contains('.') {
        return Some(format!("`{host}` is no public address: there is no dot in it"));
    }
    if host.split('.').any(str::is_empty) {
        return Some(format!("`{host}` is no public address: a part of it is empty"));
    }
    page(url, &host)
}

fn unreachable(host: &str) -> String {
    format!(
        "`{host}` is reached only from your own network; WhatsApp fetches the file itself, so put it at a public address"
    )
}

fn is_private_v4(octets: [u8; 4]) -> bool {
    match octets {
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] | [255, 255, 255, 255] => true,
        [172, second, ..] => (16..32).contains(&second),
        [100, second, ..] => (64..128).contains(&second),
        [198, second, ..] => (18..20).contains(&second),
        _ => false,
    }
}

/// Whether a host is this name, or one below it.
fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn query(url: &Url, wanted: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The same address with this in its query.
fn with_query(url: &Url, name: &str, value: &str, without: &[&str]) -> String {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(known, _)| known != name && !without.contains(&&**known))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
    changed.to_string()
}

fn page(url: &Url, host: &str) -> Option<String> {
    let segments: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    let behind =
        |word: &str| segments.iter().position(|s| *s == word).and_then(|at| segments.get(at + 1).copied());
    let instead = |what: &str, form: String| Some(format!("is {what}, not the file; write {form}"));
    let public = "share it so that anyone with the link can open it";
    if is_below(host, "drive.google.com") {
        let id = behind("d").map(str::to_owned).or_else(|| query(url, "id"));
        let downloads = query(url, "export").as_deref() == Some("download") && query(url, "id").is_some();
        return match id {
            _ if downloads => None,
            Some(id) if !segments.contains(&"folders") => instead(
                "a page of Google Drive",
                format!("https://drive.google.com/uc?export=download&id={id} and {public}"),
            ),
            _ => Some(
                "is a page of Google Drive, not a file; open the file there and take its own link".to_owned(),
            ),
        };
    }
    if is_below(host, "docs.google.com") {
        if segments.contains(&"export") || query(url, "export").as_deref() == Some("download") {
            return None;
        }
        let form = behind("d").filter(|id| *id != "e").and_then(|id| match segments.first().copied() {
            Some(kind @ ("document" | "spreadsheets")) => {
                Some(format!("https://docs.google.com/{kind}/d/{id}/export?format=pdf"))
            }
            Some("presentation") => Some(format!("https://docs.google.com/presentation/d/{id}/export/pdf")),
            _ => None,
        });
        return match form {
            Some(form) => instead("a page of Google Docs", format!("{form} and {public}")),
            None => {
                Some("is a page of Google Docs, not a file; download it as a PDF and upload that".to_owned())
            }
        };
    }
    if is_below(host, "dropbox.com") {
        let direct = query(url, "dl").as_deref() == Some("1") || query(url, "raw").as_deref() == Some("1");
        return if direct {
            None
        } else {
            instead("a page of Dropbox", with_query(url, "dl", "1", &["raw"]))
        };
    }
    if is_below(host, "sharepoint.com") {
        return if query(url, "download").is_some() || segments.contains(&"download.aspx") {
            None
        } else {
            instead("a page of SharePoint", with_query(url, "download", "1", &["web"]))
        };
    }
    if is_below(host, "onedrive.live.com") {
        if segments.first() == Some(&"download") {
            return None;
        }
        return Some(
            "is a page of OneDrive, not the file; choose Download there, or put the file elsewhere"
                .to_owned(),
        );
    }
    if is_below(host, "github.com") && segments.get(2) == Some(&"blob") {
        let path = [&segments[..2], &segments[3..]].concat().join("/");
        return instead("a page of GitHub", format!("https://raw.githubusercontent.com/{path}"));
    }
    if is_below(host, "google.com") && matches!(segments.first(), Some(&("imgres" | "search" | "url"))) {
        return Some(
            "is a page of Google's search, not the file; open the image and take its own address".to_owned(),
        );
    }
    if is_below(host, "box.com") && segments.contains(&"static") {
        return None;
    }
    // `i.imgur.com` serves files; a name that ends like one is one.
    let file_host =
        ["i.", "media.", "cdn.", "video.", "scontent"].iter().any(|start| host.starts_with(start));
    let page = PAGES.iter().find(|page| is_below(host, page)).filter(|_| !file_host)?;
    Some(format!(
        "is a page of {page}, not the file; WhatsApp needs the file itself: download it and put it at a public address"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str) -> String {
        check_address(&Url::parse(url).unwrap()).unwrap_or_default()
    }

    #[test]
    fn pages_name_the_form_that_works() {
        for (url, form) in [
            (
                "https://drive.google.com/file/d/1AbC/view?usp=sharing",
                "https://drive.google.com/uc?export=download&id=1AbC",
            ),
            ("https://drive.google.com/open?id=1AbC", "https://drive.google.com/uc?export=download&id=1AbC"),
            ("https://drive.google.com/uc?id=1AbC", "https://drive.google.com/uc?export=download&id=1AbC"),
            (
                "https://docs.google.com/document/d/1AbC/edit",
                "https://docs.google.com/document/d/1AbC/export?format=pdf",
            ),
            (
                "https://docs.google.com/presentation/d/1AbC/edit#s",
                "https://docs.google.com/presentation/d/1AbC/export/pdf",
            ),
            ("https://www.dropbox.com/s/abc/a.png?dl=0", "https://www.dropbox.com/s/abc/a.png?dl=1"),
            (
                "https://www.dropbox.com/scl/fi/abc/a.png?rlkey=x&dl=0",
                "https://www.dropbox.com/scl/fi/abc/a.png?rlkey=x&dl=1",
            ),
            (
                "https://acme.sharepoint.com/:i:/g/abc?web=1",
                "https://acme.sharepoint.com/:i:/g/abc?download=1",
            ),
            ("https://github.com/a/b/blob/main/c.png", "https://raw.githubusercontent.com/a/b/main/c.png"),
        ] {
            assert!(said(url).contains(form), "{url}: {}", said(url));
            assert_eq!(said(form), "", "{form}");
        }
        for url in [
            "https://www.youtube.com/watch?v=x",
            "https://youtu.be/x",
            "https://www.instagram.com/p/x/",
            "https://drive.google.com/drive/folders/1AbC",
            "https://1drv.ms/i/s!x",
            "https://docs.google.com/forms/d/e/1AbC/viewform",
            "https://imgur.com/a/x",
            "https://app.box.com/s/x",
            "https://mega.nz/file/x",
            "https://open.spotify.com/track/x",
        ] {
            assert!(said(url).contains("is a page of"), "{url}");
        }
    }

    #[test]
    fn hosts_of_a_network_of_ones_own_are_refused() {
        for url in [
            "http://localhost/a.png",
            "http://127.0.0.1:8000/a.png",
            "http://2130706433/a.png",
            "http://0x7f.1/a.png",
            "http://10.0.0.5/a.png",
            "http://192.168.1.9/a.png",
            "http://172.16.0.1/a.png",
            "http://169.254.1.1/a.png",
            "http://[::1]/a.png",
            "http://[fe80::1]/a.png",
            "http://[fd00::1]/a.png",
            "http://[::ffff:127.0.0.1]/a.png",
            "http://nas.local/a.png",
            "http://files.internal/a.png",
            "http://intranet/a.png",
            "http://a..b/a.png",
            "https://me:secret@example.com/a.png",
        ] {
            assert_ne!(said(url), "", "{url}");
        }
        for url in [
            "https://example.com/a.png",
            "http://8.8.8.8/a.png",
            "http://172.32.0.1/a.png",
            "https://i.imgur.com/x.png",
            "https://i.ibb.co/x/a.png",
            "https://app.box.com/shared/static/x.png",
            "https://dl.dropboxusercontent.com/s/abc/a.png",
            "https://lh3.googleusercontent.com/x",
            "https://mylocal.shop/a.png",
            "https://netflix.com/a.png",
        ] {
            assert_eq!(said(url), "", "{url}");
        }
    }
}
