//! The forms of a page, as a browser sends them (HTML, section 4.10.21), and HTML's character references.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// A form of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// Where it is sent; to the page itself where nothing is said.
    pub(crate) action: Option<String>,
    /// How, in lower case.
    pub(crate) method: String,
    /// Whether it is sent in parts.
    pub(crate) multipart: bool,
    /// Its fields, in their order.
    pub(crate) fields: Vec<Field>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The type of an `<input>` or `<button>`, in lower case; `select` and `textarea` as such.
    pub(crate) kind: String,
    /// Whether it is sent where nobody does anything: a box that is not ticked and a button are not.
    pub(crate) sent: bool,
}

impl Form {
    /// Whether it is the one that is named, as `#login`, `form#login`, `form[name=login]`, or `form` for any.
    pub(crate) fn is(&self, selector: &str) -> bool {
        let rest = selector.strip_prefix("form").unwrap_or(selector);
        if let Some(id) = rest.strip_prefix('#') {
            return self.id.as_deref() == Some(id);
        }
        match rest.strip_prefix("[name=").and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => self.name.as_deref() == Some(name.trim_matches(['"', '\''])),
            None => rest.is_empty(),
        }
    }

    /// The button that sends it where somebody presses the enter key.
    pub(crate) fn default_button(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.is_button())
    }

    /// How a scenario names it.
    pub(crate) fn selector(&self) -> String {
        match (&self.id, &self.name) {
            (Some(id), _) => format!("#{id}"),
            (None, Some(name)) => format!("form[name={name}]"),
            (None, None) => "form".to_owned(),
        }
    }
}

impl Field {
    /// Whether it is a button that sends its form.
    pub(crate) fn is_button(&self) -> bool {
        matches!(self.kind.as_str(), "submit" | "image")
    }
}

/// What a page consists of; what is in a script is text.
fn tokens(page: &str) -> impl Iterator<Item = Token<()>> {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(page, emitter).flatten()
}

/// The value of an attribute of a tag, with its character references decoded.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
}

/// A `<select>`, `<option>` or `<textarea>` that is open.
#[derive(Default)]
struct Open {
    select: Option<Select>,
    /// The value of the option, whether it says it itself, and whether it is chosen.
    option: Option<(String, bool, bool)>,
    /// The field, and whether its text has begun.
    textarea: Option<Field>,
}

struct Select {
    name: String,
    several: bool,
    options: Vec<(String, bool)>,
}

/// The forms of a page, in their order. Fields outside of any form are no form's.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = vec![];
    let mut inside = false;
    let mut open = Open::default();
    for token in tokens(page) {
        match token {
            Token::StartTag(tag) => match &tag.name[..] {
                b"form" => {
                    inside = true;
                    forms.push(form(&tag));
                }
                _ if !inside => {}
                name => open.start(name, &tag, forms.last_mut()),
            },
            Token::EndTag(tag) => {
                open.end(&tag.name, forms.last_mut());
                inside &= &tag.name[..] != b"form";
            }
            Token::String(text) => open.text(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    forms
}

fn form(tag: &StartTag<()>) -> Form {
    let lower = |name: &str| attribute(tag, name).map(|value| value.trim().to_ascii_lowercase());
    Form {
        id: attribute(tag, "id").filter(|id| !id.is_empty()),
        name: attribute(tag, "name").filter(|name| !name.is_empty()),
        action: attribute(tag, "action").map(|action| action.trim().to_owned()).filter(|action| !action.is_empty()),
        method: lower("method").filter(|method| method == "post").unwrap_or_else(|| "get".to_owned()),
        multipart: lower("enctype").is_some_and(|kind| kind == "multipart/form-data"),
        fields: vec![],
    }
}

impl Open {
    fn start(&mut self, element: &[u8], tag: &StartTag<()>, form: Option<&mut Form>) {
        let Some(form) = form else { return };
        let name = attribute(tag, "name").filter(|name| !name.is_empty());
        let has = |name: &str| tag.attributes.contains_key(name.as_bytes());
        match element {
            b"input" | b"button" => {
                let Some(name) = name.filter(|_| !has("disabled")) else { return };
                let stock = if element == b"input" { "text" } else { "submit" };
                let kind = attribute(tag, "type").map_or_else(|| stock.to_owned(), |kind| kind.to_ascii_lowercase());
                let (ticks, ticked) = (matches!(kind.as_str(), "checkbox" | "radio"), has("checked"));
                let pressed = matches!(kind.as_str(), "submit" | "button" | "image" | "reset" | "file");
                let stock = if ticks { "on" } else { "" };
                let value = attribute(tag, "value").unwrap_or_else(|| stock.to_owned());
                form.fields.push(Field { name, value, kind, sent: !pressed && (!ticks || ticked) });
            }
            b"select" => {
                let name = name.filter(|_| !has("disabled")).unwrap_or_default();
                self.select = Some(Select { name, several: has("multiple"), options: vec![] });
            }
            b"option" => {
                self.close_option();
                let value = attribute(tag, "value");
                self.option = Some((value.clone().unwrap_or_default(), value.is_some(), has("selected")));
            }
            b"textarea" => {
                let kind = "textarea".to_owned();
                self.textarea = name.filter(|_| !has("disabled")).map(|name| Field {
                    name,
                    value: String::new(),
                    kind,
                    sent: true,
                });
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(area) = &mut self.textarea {
            // A line break behind the tag is none of the text.
            let text = if area.value.is_empty() { text.strip_prefix('\n').unwrap_or(text) } else { text };
            area.value.push_str(text);
        } else if let Some((value, false, _)) = &mut self.option {
            value.push_str(text);
        }
    }

    fn end(&mut self, element: &[u8], form: Option<&mut Form>) {
        match element {
            b"option" => self.close_option(),
            b"select" => {
                self.close_option();
                if let (Some(select), Some(form)) = (self.select.take(), form) {
                    select.chosen(form);
                }
            }
            b"textarea" => {
                if let (Some(field), Some(form)) = (self.textarea.take(), form) {
                    form.fields.push(field);
                }
            }
            _ => {}
        }
    }

    fn close_option(&mut self) {
        if let (Some((value, said, chosen)), Some(select)) = (self.option.take(), &mut self.select) {
            let value = if said { value } else { value.split_whitespace().collect::<Vec<_>>().join(" ") };
            select.options.push((value, chosen));
        }
    }
}

impl Select {
    /// The options that are chosen; of a list with one choice the last one, or else the first.
    fn chosen(self, form: &mut Form) {
        if self.name.is_empty() {
            return;
        }
        let mut chosen: Vec<String> =
            self.options.iter().filter(|(_, chosen)| *chosen).map(|(value, _)| value.clone()).collect();
        if !self.several {
            chosen =
                chosen.pop().or_else(|| self.options.first().map(|(value, _)| value.clone())).into_iter().collect();
        }
        for value in chosen {
            form.fields.push(Field { name: self.name.clone(), value, kind: "select".to_owned(), sent: true });
        }
    }
}

/// A text with HTML's character references in it, decoded.
pub(crate) fn decoded(text: &str) -> String {
    // A `<` would begin a tag.
    let text = text.replace('<', "&lt;");
    let parts = tokens(&text).filter_map(|token| match token {
        Token::String(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<html><input name="outside" value="1"><form id="search"><input name=q></form>
      <form id="login" name='f' action="/shop/login?a=1&amp;b=2" method="POST">
        <input type="hidden" name="_csrf" value="a&quot;b&#43;c">
        <input name="user" value=""><input type="password" name="password">
        <input type="checkbox" name="keep" checked><input type="checkbox" name="other">
        <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
        <select name="one"><option>A  a<option value="b">B</select>
        <select name="many" multiple><option selected>x</option><option selected value="y">Y</option><option>z</select>
        <textarea name="text">
one &lt; two</textarea><input disabled name="no" value="1"><button name="go" value="1">Go</button>
        <input type="submit" name="send" value="Send">
      </form></html>"#;

    #[test]
    fn a_form_sends_what_a_browser_sends() {
        let all = forms(PAGE);
        assert_eq!(all.iter().map(Form::selector).collect::<Vec<_>>(), ["#search", "#login"]);
        let login = &all[1];
        assert_eq!((login.action.as_deref(), login.method.as_str()), (Some("/shop/login?a=1&b=2"), "post"));
        let sent = login.fields.iter().filter(|field| field.sent);
        let sent: Vec<_> = sent.map(|field| format!("{}={}", field.name, field.value)).collect();
        assert_eq!(
            sent,
            ["_csrf=a\"b+c", "user=", "password=", "keep=on", "r=2", "one=A a", "many=x", "many=y", "text=one < two"]
        );
        let not: Vec<_> = login.fields.iter().filter(|field| !field.sent).map(|field| field.name.as_str()).collect();
        assert_eq!(not, ["other", "r", "go", "send"]);
        assert_eq!(login.default_button().map(|button| button.name.as_str()), Some("go"));
        assert!(forms("<script>'<form id=x>'</script>").is_empty(), "a script is no page");
    }

    #[test]
    fn a_form_is_found_by_its_id_its_name_or_as_the_first() {
        let first = |selector: &str| forms(PAGE).into_iter().find(|form| form.is(selector)).map(|form| form.selector());
        for selector in ["#login", "form#login", "form[name=f]", "form[name='f']"] {
            assert_eq!(first(selector).as_deref(), Some("#login"), "{selector}");
        }
        assert_eq!(first("form").as_deref(), Some("#search"));
        for selector in ["#f", "form[name=login]", "#"] {
            assert_eq!(first(selector), None, "{selector}");
        }
    }

    #[test]
    fn character_references_are_decoded() {
        assert_eq!(decoded("a&amp;b &lt;x&gt; &#39;&#x2B;&eacute; <p> &nosuch; &"), "a&b <x> '+é <p> &nosuch; &");
    }
}
