//! The reader of configuration files on whatever bytes there are: it must give a tree or an error, every place of the tree
//! must be one of the text, and what was read must be read again as the same.
#![no_main]
#![expect(dead_code, unused_imports, reason = "the reader is used in part")]

#[path = "../../../harness/src/config/read/mod.rs"]
mod read;

use libfuzzer_sys::fuzz_target;
use read::Document;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut document) = Document::read(bytes) else { return };
    document.substitute(&[("a".to_owned(), "${a}".to_owned()), ("b".to_owned(), "1".to_owned())].into());
    let text = document.text();
    for element in document.elements() {
        for span in [element.span(), element.tag_span(), element.name_span(), element.text_span()] {
            assert!(text.get(span).is_some());
        }
        for attribute in element.attributes() {
            assert_eq!(text.get(attribute.name_span.clone()), Some(attribute.name.as_str()));
            assert!(text.get(attribute.span.clone()).is_some());
            document.position(attribute.span.end);
        }
        for name in ["name", "className", "port"] {
            (element.value(name), element.number(name, 0), element.flag(name, false));
        }
        element.path();
    }
    assert!(document.comments().iter().all(|comment| text.get(comment.span.clone()).is_some()));
    if let Some(again) = document.encoding().encode(text) {
        assert_eq!(Document::read(&again).expect("what was read is read again").text(), text);
    }
});
