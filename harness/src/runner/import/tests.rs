//! Recordings, and the scenarios that they become.

use super::*;
use crate::model::Scenario;

const HAR: &str = r#"{"log":{"version":"1.2","entries":[
 {"request":{"method":"GET","url":"http://shop.example:8080/shop/cart","headers":[{"name":"User-Agent","value":"x"}]},
  "response":{"status":302,"headers":[{"name":"Location","value":"http://shop.example:8080/shop/login"}],"content":{}}},
 {"request":{"method":"GET","url":"http://shop.example:8080/shop/login","headers":[]},
  "response":{"status":200,"headers":[{"name":"Content-Type","value":"text/html"}],"content":{"text":
  "<form method='post' action='/shop/login'><input name='username'><input type='password' name='password'><input type='hidden' name='_csrf' value='abc-12345678'><button>Go</button></form>"}}},
 {"request":{"method":"GET","url":"http://shop.example:8080/shop/style.css","headers":[]},"response":{"status":200,"headers":[],"content":{}}},
 {"request":{"method":"POST","url":"http://shop.example:8080/shop/login","headers":[{"name":"Content-Type","value":"application/x-www-form-urlencoded"}],
   "postData":{"mimeType":"application/x-www-form-urlencoded","text":"username=alice&password=wonder+land&_csrf=abc-12345678"}},
  "response":{"status":302,"headers":[{"name":"location","value":"/shop/cart"}],"content":{}}},
 {"request":{"method":"GET","url":"http://shop.example:8080/shop/cart","headers":[]},
  "response":{"status":200,"headers":[],"content":{"encoding":"base64","text":"PG1ldGEgbmFtZT0iY3NyZiIgY29udGVudD0idG9rZW4tMTIzNDU2Nzg5Ij4="}}},
 {"request":{"method":"GET","url":"https://fonts.example/x","headers":[]},"response":{"status":200,"headers":[],"content":{}}},
 {"request":{"method":"POST","url":"http://shop.example:8080/shop/api/items","headers":[{"name":"X-CSRF","value":"token-123456789"},{"name":"content-type","value":"application/json"}],
   "postData":{"mimeType":"application/json","text":"{\"name\":\"book\",\"tags\":[\"a\",\"b\"],\"count\":2}"}},
  "response":{"status":200,"headers":[],"content":{"text":"{\"item\":{\"id\":\"item-00000017\"}}"}}},
 {"request":{"method":"DELETE","url":"http://shop.example:8080/shop/api/items/item-00000017?all=1","headers":[]},
  "response":{"status":204,"headers":[],"content":{}}}
]}}"#;

#[test]
fn a_har_becomes_steps_with_captures_for_what_comes_back() {
    let recorded = recorded(HAR).expect("a HAR");
    let text = scenario(&recorded, None).scenario;
    insta::assert_snapshot!(text);
    Scenario::parse(text.as_bytes()).expect("a scenario");
}

#[test]
fn lines_of_curl_become_steps() {
    let lines = "curl 'http://localhost:8080/shop/login' \\\n  -H 'Accept: */*' \\\n  --data-raw 'user=alice&password=a%26b' --compressed\n\
                 curl -X PUT http://localhost:8080/shop/profile -H \"X-Tab: 7\" --json $'{\"name\":\"Al\\u0069ce\\'s\"}'\n\
                 curl -F note=hello -F 'photo=@/tmp/a.png;type=image/png' localhost:8080/shop/upload\n\
                 curl -G -d q=book http://localhost:8080/shop/search\n";
    let recorded = recorded(lines).expect("commands");
    let text = scenario(&recorded, Some("target/shop.war")).scenario;
    insta::assert_snapshot!(text);
    Scenario::parse(text.as_bytes()).expect("a scenario");
}

/// The one step that a command of curl becomes, and the notes.
fn of_curl(command: &str) -> (String, Vec<String>) {
    let imported = scenario(&recorded(command).unwrap_or_else(|error| panic!("{command}: {error}")), None);
    Scenario::parse(imported.scenario.as_bytes()).unwrap_or_else(|error| panic!("{}\n{error}", imported.scenario));
    let (_, steps) = imported.scenario.split_once("at = ").expect("a deployment");
    let step = steps.split("[[step]]\n").nth(1).expect("a step").split("\n\n").next().expect("its end");
    for note in &imported.notes {
        let said = note.split_once(": ").map_or(note.as_str(), |(_, said)| said);
        assert!(imported.scenario.contains(said), "{note} is no comment: {}", imported.scenario);
    }
    (step.trim_end().replace("on = \"n1\"\n", "").replace('\n', " | "), imported.notes)
}

#[test]
fn options_of_curl_are_understood() {
    for (command, wanted) in [
        ("curl -L http://h/a/x", "get = \"/a/x\" | on = \"n1\" | follow = true"),
        ("curl -sSLXPUT http://h/a/x -d a=1", "put = \"/a/x\" | form = { a = \"1\" } | follow = true"),
        ("curl --location --request DELETE http://h/a/x", "delete = \"/a/x\" | on = \"n1\" | follow = true"),
        ("curl -XPATCH -d 'a=1' -d b=2 h/a", "patch = \"/a\" | form = { a = \"1\", b = \"2\" }"),
        ("curl -u al:pw http://h/a/x", "get = \"/a/x\" | headers = { Authorization = \"Basic YWw6cHc=\" }"),
        (
            "curl http://h/a --data-urlencode 'q=a b&c' --data-urlencode =x --data-urlencode plain",
            "post = \"/a\" | form = { plain = \"\", q = \"a b&c\", x = \"\" }",
        ),
        (
            "curl h/a --json '{\"a\":1}' -H 'Accept: text/csv'",
            "post = \"/a\" | headers = { Accept = \"text/csv\" } | json = { a = 1 }",
        ),
        (
            "curl h/a -H 'Content-Type: application/vnd.api+json' -d '{\"a\":[1]}'",
            "post = \"/a\" | headers = { Content-Type = \"application/vnd.api+json\" } | json = { a = [1] }",
        ),
        ("curl -H 'Accept: */*' -H 'X-None:' -H 'X-Empty;' h/a", "get = \"/a\" | headers = { X-Empty = \"\" }"),
        ("curl --form-string 'a=@b' -F 'c=d;e' h/a", "post = \"/a\" | multipart = { a = \"@b\", c = \"d;e\" }"),
        ("# a comment\ntime /usr/bin/curl -Gd q=1 'h/a?x=2' # behind", "get = \"/a?x=2&q=1\" | on = \"n1\""),
        ("curl -A x -- h/a", "get = \"/a\" | on = \"n1\""),
    ] {
        let (step, _) = of_curl(command);
        let wanted = wanted.replace(" | on = \"n1\" | ", " | ");
        assert_eq!(step.trim_end_matches(" | on = \"n1\""), wanted.trim_end_matches(" | on = \"n1\""), "{command}");
    }
    let two = recorded("curl h/a/1 h/a/2 --next -d x=1 h/a/3").expect("requests");
    let paths: Vec<_> = two.requests.iter().map(|one| (one.method.to_string(), one.path.as_str())).collect();
    assert_eq!(paths, [("GET".into(), "/a/1"), ("GET".into(), "/a/2"), ("POST".into(), "/a/3")]);
}

#[test]
fn what_a_step_cannot_do_of_a_command_is_named_and_a_comment() {
    for (command, wanted) in [
        ("curl -F 'f=@/tmp/a.png;type=image/png' h/a", "the content of /tmp/a.png is not in the recording"),
        ("curl -F 'f=</tmp/a.txt' h/a", "the content of /tmp/a.txt is not in the recording"),
        ("curl -F f=@a -F f=@b h/a", "left out: a second part named f"),
        ("curl -d @body.json h/a", "left out: what it sends, which is in the file body.json"),
        ("curl --data-urlencode q@words h/a", "left out: what it sends, which is in the file words"),
        ("curl -T up.bin h/a", "left out: what it sends, which is in the file up.bin"),
        ("curl -b 'JSESSIONID=1; theme=dark' h/a", "left out: the cookies JSESSIONID, theme"),
        ("curl -H 'Cookie: JSESSIONID=1' h/a", "left out: the cookies JSESSIONID, which"),
        ("curl -u alice h/a", "-u alice has no password"),
        ("curl --digest -u a:b h/a", "left out: the option --digest"),
        ("curl -A agent h/a", "left out: the option -A agent"),
        ("curl --no-such-option h/a", "left out: the option --no-such-option"),
        ("curl h/a -H \"Authorization: Bearer $TOKEN\"", "what $TOKEN stands for"),
        ("curl \"h/a?x=${ID}\"", "what ${ID} stands for"),
        ("curl -d '_csrf=abc&x=1' h/a", "_csrf is sent as it was recorded"),
        ("curl -H 'X-CSRF-TOKEN: abc' h/a", "X-CSRF-TOKEN is sent as it was recorded"),
        ("curl -H 'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9' h/a", "Authorization is sent as it was recorded"),
        ("curl 'h/a?access_token=0123456789' ", "access_token is sent as it was recorded"),
        ("curl --json '{\"csrfToken\":\"x0123456789\",\"n\":null}' h/a", "is sent as it was recorded"),
        ("curl 'h/a/x;jsessionid=ABC.n1?y=1'", "left out: the session id in its path"),
        ("curl h/a/x h/a/y http://other/z", "left out: 1 request to other"),
        ("curl -I h/a/x\ncurl h/a/x", "left out: HEAD h/a/x"),
        ("wget x\ncurl h/a/x", "left out: the command `wget`"),
    ] {
        let (_, notes) = of_curl(command);
        assert!(notes.iter().any(|note| note.contains(wanted)), "{command}: {notes:?}");
    }
    for quiet in [
        "curl -sSfkv --compressed -o out -c jar --max-time 5 -H 'User-Agent: x' h/a",
        "curl -d 'username=alice&password=x1234567' h/a",
        "curl 'h/a?page=2&item=0123456789'",
        "curl -d 'price=5$' 'h/a'",
    ] {
        assert_eq!(of_curl(quiet).1, Vec::<String>::new(), "{quiet}");
    }
    assert!(of_curl("curl 'h/a/x;jsessionid=ABC.n1?y=1'").0.starts_with("get = \"/a/x?y=1\""));
}

/// One recorded request: a POST of this to `/a/save`, behind a page with this body.
fn har(page: &str, headers: &str, post_data: &str) -> Imported {
    let text = format!(
        r#"{{"log":{{"entries":[
        {{"request":{{"method":"GET","url":"http://h/a/page","headers":[]}},
          "response":{{"status":200,"headers":[{{"name":"Set-Cookie","value":"XSRF-TOKEN=xsrf-0123456789; Path=/a"}}],"content":{{"text":{page}}}}}}},
        {{"request":{{"method":"POST","url":"http://h/a/save","headers":[{headers}]{post_data}}},
          "response":{{"status":200,"headers":[],"content":{{"text":"saved"}}}}}}]}}}}"#,
        page = serde_json::Value::from(page)
    );
    let imported = scenario(&recorded(&text).unwrap_or_else(|error| panic!("{text}: {error}")), None);
    Scenario::parse(imported.scenario.as_bytes()).unwrap_or_else(|error| panic!("{}\n{error}", imported.scenario));
    imported
}

#[test]
fn an_upload_is_a_form_of_parts_and_what_is_missing_of_it_is_named() {
    let chromium = r#","postData":{"mimeType":"multipart/form-data; boundary=B","text":"--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nme\r\n--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\r\n--B--\r\n"}"#;
    let firefox = r#","postData":{"mimeType":"multipart/form-data; boundary=B","params":[{"name":"title","value":"me"},{"name":"photo","fileName":"a.png","contentType":"image/png"}],"text":""}"#;
    for sent in [chromium, firefox] {
        let imported = har("", "", sent);
        let wanted = "multipart = { photo = { file-name = \"a.png\", content-type = \"image/png\", content = \"\" }, title = \"me\" }";
        assert!(imported.scenario.contains(wanted), "{}", imported.scenario);
        assert!(
            imported.notes.iter().any(|note| note.contains("the content of a.png is not in the recording")),
            "{:?}",
            imported.notes
        );
    }
    let none = har("", r#"{"name":"Content-Length","value":"77"}"#, "");
    assert!(none.notes.iter().any(|note| note.contains("left out: what it sent, 77 bytes")), "{:?}", none.notes);
    let unreadable = har("", "", r#","postData":{"mimeType":"multipart/form-data; boundary=B","text":"x"}"#);
    assert!(unreadable.notes.iter().any(|note| note.contains("a form of several parts that cannot be read")));
    let binary = har("", "", r#","postData":{"mimeType":"application/octet-stream","text":"a\u0000b"}"#);
    assert!(binary.notes.iter().any(|note| note.contains("was not text")), "{:?}", binary.notes);
}

#[test]
fn tokens_are_captured_wherever_they_are_sent_and_else_named() {
    let form = r#"<form method="post" action="/other"><input type="hidden" name="_csrf" value="abcdefgh"></form>"#;
    let posted = |text: &str, kind: &str| {
        format!(r#","postData":{{"mimeType":"{kind}","text":{}}}"#, serde_json::Value::from(text))
    };
    let url_encoded = "application/x-www-form-urlencoded";
    // A token of letters alone, in a form of another action.
    let letters = har(form, "", &posted("_csrf=abcdefgh&a=1", url_encoded));
    assert!(letters.scenario.contains("capture = { csrf = { field = \"_csrf\" } }"), "{}", letters.scenario);
    assert!(letters.scenario.contains("_csrf = \"${csrf}\""), "{}", letters.scenario);
    assert_eq!(letters.notes, Vec::<String>::new());
    // In a body that TOML cannot say, and in a header behind a word.
    let page = "<script>let t = 'token-0123456789';</script>";
    let null = har(page, "", &posted(r#"{"a":null,"csrf":"token-0123456789"}"#, "application/json"));
    assert!(null.scenario.contains("body = '{\"a\":null,\"csrf\":\"${"), "{}", null.scenario);
    assert_eq!(null.notes, Vec::<String>::new(), "{}", null.scenario);
    let bearer = har(page, r#"{"name":"Authorization","value":"Bearer token-0123456789"}"#, "");
    assert!(bearer.scenario.contains("Authorization = \"Bearer ${authorization}\""), "{}", bearer.scenario);
    // By a cookie that the answer set.
    let cookie = har("", r#"{"name":"X-XSRF-TOKEN","value":"xsrf-0123456789"}"#, "");
    assert!(cookie.scenario.contains("{ cookie = \"XSRF-TOKEN\" }"), "{}", cookie.scenario);
    // One that nothing gave stays, and is named.
    let unknown = har(form, "", &posted("_csrf=otherwise&a=1", url_encoded));
    assert!(unknown.scenario.contains("_csrf = \"otherwise\""), "{}", unknown.scenario);
    assert!(unknown.notes.iter().any(|note| note.starts_with("POST /a/save: _csrf is sent as it was recorded")));
    assert!(unknown.scenario.contains("# NOTE: _csrf is sent"), "{}", unknown.scenario);
}

#[test]
fn what_is_left_out_of_a_har_is_counted() {
    let text = r#"{"log":{"entries":[
        {"request":{"method":"GET","url":"http://h/a/x"},"response":{"status":302,"headers":[{"name":"Location","value":"https://sso.example/login?x"}]}},
        {"request":{"method":"GET","url":"http://h/a/x.css"}},
        {"request":{"method":"HEAD","url":"http://h/a/y"}},
        {"request":{"method":"GET","url":"wss://h/a/socket"}},
        {"request":{"method":"GET","url":"https://fonts.example/f"}}]}}"#;
    let recording = recorded(text).expect("a HAR");
    assert_eq!(recording.requests.len(), 1);
    let notes = scenario(&recording, None).notes;
    for wanted in [
        "left out: HEAD http://h/a/y",
        "left out: wss://h/a/socket",
        "left out: 1 request to fonts.example",
        "left out: 1 request for scripts, styles and images",
        "no answer has its content",
        "GET /a/x: it leads to sso.example",
    ] {
        assert!(notes.iter().any(|note| note.starts_with(wanted)), "{wanted}: {notes:?}");
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    for (text, said) in [
        ("", "neither a HAR"),
        ("wget http://localhost/", "neither a HAR"),
        ("{}", "invalid HAR: missing field `log`"),
        ("{\"log\":{\"entries\":[]}}", "no request to an app in it"),
        ("curl 'http://localhost/", "line 1: a quote is not closed"),
        ("curl -X TRACE http://localhost/", "a request with the method TRACE cannot be a step"),
        ("curl http://[", "invalid URL"),
        ("curl -s", "invalid URL"),
        ("curl ^\"http://h/a^\" ^\n  -H ^\"a: b^\"", "copy it for bash"),
    ] {
        let error = recorded(text).expect_err(text);
        assert!(error.to_string().contains(said), "{text}: {error}");
    }
}
