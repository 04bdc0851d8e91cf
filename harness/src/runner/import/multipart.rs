//! A form of several parts (`multipart/form-data`, RFC 7578) as it was sent.

use crate::model::exchange::{FilePart, Part};

/// The parts of a body in their order; `None` where its type names no boundary.
pub(super) fn parts(content_type: &str, body: &str) -> Option<Vec<(String, Part)>> {
    let (_, boundary) = content_type.split_once("boundary=")?;
    let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let (body, line) = (body.replace("\r\n", "\n"), format!("--{boundary}"));
    let pieces = body.split(&line).skip(1);
    Some(pieces.take_while(|piece| !piece.starts_with("--")).filter_map(part).collect())
}

fn part(piece: &str) -> Option<(String, Part)> {
    let (head, content) = piece
        .strip_prefix('\n')?
        .split_once("\n\n")
        .or_else(|| piece.strip_prefix('\n')?.strip_suffix('\n').map(|head| (head, "")))?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition")?;
    let name = parameter(&disposition, "name")?;
    let content = content.strip_suffix('\n').unwrap_or(content).to_owned();
    let part = match parameter(&disposition, "filename") {
        Some(file_name) => Part::File(FilePart { file_name, content_type: header("content-type"), content }),
        None => Part::Field(content.as_str().into()),
    };
    Some((name, part))
}

/// A parameter of a header, as browsers write it: `name="a"`, with `%22` for a quote.
fn parameter(header: &str, name: &str) -> Option<String> {
    let begin = format!("{name}=\"");
    let at = header.match_indices(&begin).find(|(at, _)| header[..*at].ends_with([' ', ';']))?.0;
    let (value, _) = header[at + begin.len()..].split_once('"')?;
    Some(value.replace("%22", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_browsers_send_them() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\r\nb\r\n--X\r\nContent-Disposition: form-data; \
                    name=\"photo\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ninside\r\n--X--\r\n";
        let file = FilePart {
            file_name: "a.txt".to_owned(),
            content_type: Some("text/plain".to_owned()),
            content: "inside".to_owned(),
        };
        let wanted =
            vec![("title".to_owned(), Part::Field("a\nb".into())), ("photo".to_owned(), Part::File(file.clone()))];
        assert_eq!(parts("multipart/form-data; boundary=X", body), Some(wanted));
        // Chromium leaves the content of a file out, and with it its empty line.
        let empty = "--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n--X--\r\n";
        let file = FilePart { content: String::new(), ..file };
        assert_eq!(parts("multipart/form-data; boundary=X", empty), Some(vec![("photo".to_owned(), Part::File(file))]));
        assert_eq!(parts("multipart/form-data", body), None);
    }
}
