//! The reader, on good and bad input.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Document, ReadError> {
    Document::read(text.as_bytes())
}

fn error(text: &str) -> ReadErrorKind {
    read(text).expect_err("it is not XML").kind
}

const FILE: &str =
    "<?xml version='1.0'?>\r\n<!-- top -->\r\n<Server port=\"8005\">\r\n  <Service name='a &amp; b'/>\r\n</Server>\r\n";

#[test]
fn every_part_knows_its_place() {
    let document = read(FILE).expect("it is XML");
    let root = document.root();
    assert_eq!((root.name(), root.value("port")), ("Server", Some("8005")));
    let service = root.child("Service").expect("it is there");
    let name = service.attribute("name").expect("it is there");
    assert_eq!((name.value.as_str(), &document.text()[name.span.clone()]), ("a & b", "a &amp; b"));
    assert_eq!(document.position(name.span.start), (4, 18));
    assert_eq!(&document.text()[service.span()], "<Service name='a &amp; b'/>");
    assert_eq!(&document.text()[document.comments()[0].span.clone()], " top ");
    assert!(document.text()[root.span()].ends_with("</Server>"));
}

#[test]
fn every_encoding_comes_back_as_it_was() {
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Server name=\"Zürich\"/>";
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    let wide = |big: bool, mark: &[u8]| {
        let units = "<Server name=\"Zürich\"/>".encode_utf16();
        let units = units.flat_map(move |unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    let marked = [b"\xef\xbb\xbf".as_slice(), "<Server name=\"Zürich\"/>".as_bytes()].concat();
    let all = [latin, wide(true, &[0xfe, 0xff]), wide(false, &[0xff, 0xfe]), wide(false, &[]), marked];
    for bytes in all {
        let document = Document::read(&bytes).expect("it is XML");
        assert_eq!(document.root().value("name"), Some("Zürich"));
        assert_eq!(document.encoding().encode(document.text()).as_deref(), Some(bytes.as_slice()));
    }
    let error = Document::read(b"<Server>\n<a b=\"\xfc\"/></Server>").expect_err("no UTF-8");
    assert_eq!((error.line, error.column), (2, 7));
    assert!(matches!(error.kind, ReadErrorKind::Encoding(_)));
}

#[test]
fn names_follow_catalinas_case() {
    let document = read("<Server><Receiver Port=\"1\" autobind=\"2\"/><receiver/></Server>").expect("it is XML");
    let receiver = document.root().child("Receiver").expect("it is there");
    assert_eq!(receiver.value("port"), Some("1"));
    assert_eq!(receiver.value("autoBind"), None);
    assert_eq!(document.root().all("Receiver").count(), 1);
}

#[test]
fn entities_of_the_file_are_expanded_and_others_are_named() {
    let text = r#"<!DOCTYPE Server [
      <!ENTITY inner "<Cluster className='c'/>"><!ENTITY port '8005'>
      <!ENTITY ha SYSTEM "ha.xml"><!ENTITY unused SYSTEM "other.xml">
    ]><Server port="&port;">&inner;&ha;</Server>"#;
    let document = read(text).expect("it is XML");
    assert_eq!(document.root().value("port"), Some("8005"));
    assert_eq!(document.root().child("Cluster").and_then(Element::class), Some("c"));
    let used: Vec<&str> =
        document.external().iter().filter(|entity| entity.is_used).map(|e| e.system.as_str()).collect();
    assert_eq!(used, ["ha.xml"]);
}

#[test]
fn bombs_are_refused() {
    let mut text = "<!DOCTYPE a [<!ENTITY x0 'ha'>".to_owned();
    for n in 1..12 {
        let twice = format!("&x{0};&x{0};&x{0};&x{0};&x{0};&x{0};&x{0};&x{0};&x{0};&x{0};", n - 1);
        text.push_str(&format!("<!ENTITY x{n} '{twice}'>"));
    }
    assert!(matches!(error(&format!("{text}]><a>&x11;</a>")), ReadErrorKind::Bomb(_)));
    assert!(matches!(error(&format!("{text}]><a b='&x11;'/>")), ReadErrorKind::Bomb(_)));
    assert!(matches!(error("<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>"), ReadErrorKind::Bomb(_)));
    assert!(matches!(error("<!DOCTYPE a [<!ENTITY x '&x;'>]><a b='&x;'/>"), ReadErrorKind::Bomb(_)));
}

#[test]
fn what_is_no_xml_has_one_error_with_its_place() {
    use ReadErrorKind as Kind;
    for (text, expected) in [
        ("", Kind::Empty),
        ("<a>", Kind::Truncated("<a>".to_owned())),
        ("<a><b></a>", Kind::Mismatch { expected: "b".to_owned(), found: "a".to_owned() }),
        ("<a/><b/>", Kind::Roots("b".to_owned())),
        ("<a/>text", Kind::TextOutside),
        ("<a b='1' b='2'/>", Kind::Twice("b".to_owned())),
        ("<a b=\u{201c}1\u{201d}/>", Kind::Quote('\u{201c}')),
        ("<a <!-- c --> b='1'/>", Kind::CommentInTag),
        ("<!-- a -- b --><a/>", Kind::Dashes),
        ("<a b='x & y'/>", Kind::Ampersand),
        ("<a>&nbsp;</a>", Kind::Entity("nbsp".to_owned())),
        ("<a b='\u{1}'/>", Kind::Character('\u{1}')),
        ("</a>", Kind::Unopened("a".to_owned())),
    ] {
        assert_eq!(error(text), expected, "{text:?}");
    }
    let error = read("<a>\n  <b c=1/>\n</a>").expect_err("no quote");
    assert_eq!((error.line, error.column), (2, 8));
}

#[test]
fn a_template_is_recognised() {
    for (text, language) in [
        ("<a b=<%= @port %>/>", "ERB"),
        ("{% if x %}<a/>{% endif %}", "Jinja"),
        ("{{- if .Values.x }}<a/>{{ end }}", "Helm"),
        ("{{ if .x }}<a/>{{ end }}", "Go"),
    ] {
        let error = read(text).expect_err("no XML");
        assert_eq!(error.template, Some(language), "{text}");
        assert!(error.hint().expect("it says so").contains("lint the rendered file"));
    }
}

#[test]
fn properties_are_read_as_java_does() {
    let properties = read_properties(b"# c\na=1\nb : two \\\n   three\nc\\:d\te\\u0041\n! x\n\nempty=\n");
    let expected = [("a", "1"), ("b", "two three"), ("c:d", "eA"), ("empty", "")];
    assert_eq!(properties, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn an_attribute_that_begins_with_another_script_is_none_that_is_asked_for() {
    let document = read("<Server \u{8037}e='1' n\u{e4}me='2' Port='3'/>").expect("XML");
    let root = document.root();
    assert_eq!((root.value("name"), root.value("port")), (None, Some("3")));
}

#[test]
fn what_is_unresolved_is_a_placeholder() {
    let mut document =
        read("<a b='${x}-${y}' c='${x}' d='${z:-dflt}' e='@IP@' f='%h %l' g='me@example.org'/>").expect("XML");
    document.substitute(&[("x".to_owned(), "1".to_owned())].into());
    let root = document.root();
    assert_eq!(root.attribute("b").and_then(|b| b.placeholder.as_deref()), Some("${y}"));
    assert_eq!(
        ["c", "d", "e", "f", "g"].map(|name| root.value(name)),
        [Some("1"), Some("dflt"), None, Some("%h %l"), Some("me@example.org")]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::read(&bytes);
    }

    #[test]
    fn a_broken_file_is_read_or_refused_as_by_another_reader(cuts in proptest::collection::vec((23..FILE.len(), "[<>&;/\"'= a!-]?"), 1..4)) {
        let mut text = FILE.to_owned();
        for (at, with) in cuts {
            text.replace_range(at..=at, &with);
            if text.len() < FILE.len() - 4 { break }
            while text.len() < FILE.len() { text.push('\n'); }
        }
        let other = roxmltree::Document::parse(&text);
        let namespace = matches!(other, Err(roxmltree::Error::UnknownNamespace(..)));
        if !namespace {
            let own = read(&text);
            prop_assert_eq!(own.is_ok(), other.is_ok(), "{:?}: {:?} but {:?}", text, own.err(), other.err());
        }
    }
}
