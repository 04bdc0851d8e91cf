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
        let head = if mark.is_empty() { "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" } else { "" };
        let text = format!("{head}<Server name=\"Zürich\"/>");
        let units: Vec<u16> = text.encode_utf16().collect();
        let units = units.into_iter();
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

/// Each is read, or refused at the same place, as by the parser of Java 17.
#[test]
fn an_encoding_that_the_bytes_contradict_is_refused() {
    use ReadErrorKind as Kind;
    let file =
        |label: &str, name: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\n<Server name=\"{name}\"/>");
    let wide = |text: &str, big: bool, has_mark: bool| -> Vec<u8> {
        let units = has_mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let marked = |text: &str| [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [
        wide(&file("UTF-8", "a"), false, true),
        wide(&file("UTF-8", "a"), false, false),
        wide(&file("ISO-8859-1", "a"), true, true),
        wide(&file("UTF-16BE", "a"), false, true),
        file("UTF-16", "a").into_bytes(),
        file("utf-16le", "a").into_bytes(),
        file("ISO-10646-UCS-2", "a").into_bytes(),
        marked(&file("UTF-16", "a")),
    ] {
        let error = Document::read(&bytes).expect_err("it is refused");
        assert!(matches!(error.kind, Kind::EncodingDiffers { .. }), "{error}");
        assert_eq!((error.line, error.column), (1, 31));
    }
    let error = Document::read(file("US-ASCII", "ü").as_bytes()).expect_err("no ASCII");
    assert_eq!((error.kind, error.line, error.column), (Kind::Encoding("US-ASCII".to_owned()), 2, 15));
    let error = Document::read(&wide("<Server/>", false, false)).expect_err("nothing says so");
    assert_eq!(error.kind, Kind::Utf16Undeclared);
    for bytes in [
        wide(&file("UTF-16", "ü"), false, true),
        wide(&file("UTF-16LE", "ü"), false, false),
        wide(&file("UTF-16", "ü"), true, false),
        wide(&file("ISO-10646-UCS-2", "ü"), false, true),
        wide("<Server/>", true, true),
        marked(&file("utf8", "ü")),
        marked(&file("ISO-8859-1", "a")),
        file("US-ASCII", "a").into_bytes(),
        file("utf8", "ü").into_bytes(),
    ] {
        Document::read(&bytes).expect("it is XML");
    }
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
        ("\u{a0}<a/>", Kind::BlankOutside('\u{a0}')),
        ("<?xml version='1.0'?>\u{85}<a/>", Kind::BlankOutside('\u{85}')),
        ("<a/> \u{2028}", Kind::BlankOutside('\u{2028}')),
        ("<a/>\u{feff}", Kind::BlankOutside('\u{feff}')),
        ("<?xml version='2.0'?><a/>", Kind::Version("2.0".to_owned())),
        ("<a b\u{a0}='1'/>", Kind::Expected { expected: "`=`", found: "\\u{a0}".to_owned() }),
        ("<a\u{a0}b='1'/>", Kind::Expected { expected: "white space, `>` or `/>`", found: "\\u{a0}".to_owned() }),
        (
            "<?xml\u{a0}version='1.0'?><a/>",
            Kind::Expected { expected: "white space or `?>`", found: "\\u{a0}".to_owned() },
        ),
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
    for text in [
        " \t\r\n<a/> \t\r\n",
        "<a>\u{a0}<b/>\u{85}</a>",
        "<a b='\u{a0}'/>",
        "<!--\u{a0}--><a/>",
        "<a \u{8037}\u{b7}e='1'/>",
        "<?xml version='1.1'?>\u{85}<a\u{2028}b='1'/>\u{85}",
    ] {
        read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
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
