//! A small shop, as somebody's own app: a cart in the session, an account page that only reads, and nothing of ours.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

const DESCRIPTOR: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">DISTRIBUTABLE</web-app>
"#;

/// Puts one more item into the cart and says how many there are; on which node, for a person who looks.
const CART: &str = r#"<%@ page contentType="text/plain;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  Integer items = (Integer) session.getAttribute("items");
  items = items == null ? 1 : items + 1;
  session.setAttribute("items", items);
  out.print("items=" + items);
%>"#;

const ACCOUNT: &str = r#"<%@ page contentType="text/plain;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  out.print("account items=" + session.getAttribute("items"));
%>"#;

/// Writes the shop's archive into a folder. Without `<distributable/>` its sessions stay where they are made.
///
/// # Panics
/// The folder cannot be written.
pub fn shop(folder: &Utf8Path, distributable: bool) -> Utf8PathBuf {
    let descriptor = DESCRIPTOR.replace("DISTRIBUTABLE", if distributable { "<distributable/>" } else { "" });
    let files = [("WEB-INF/web.xml", descriptor.as_str()), ("cart.jsp", CART), ("account.jsp", ACCOUNT)];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("in memory");
        zip.write_all(content.as_bytes()).expect("in memory");
    }
    let path = folder.join("my-shop.war");
    fs_err::write(&path, zip.finish().expect("in memory").into_inner()).expect("the test's own folder can be written");
    path
}
