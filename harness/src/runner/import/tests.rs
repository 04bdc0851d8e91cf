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
    let text = scenario(&recorded, None);
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
    let text = scenario(&recorded, Some("target/shop.war"));
    insta::assert_snapshot!(text);
    Scenario::parse(text.as_bytes()).expect("a scenario");
}

#[test]
fn what_is_no_recording_is_refused() {
    for (text, told) in [
        ("", "neither a HAR"),
        ("wget http://localhost/", "neither a HAR"),
        ("{}", "invalid HAR: missing field `log`"),
        ("{\"log\":{\"entries\":[]}}", "no request to an app in it"),
        ("curl 'http://localhost/", "line 1: a quote is not closed"),
        ("curl -X TRACE http://localhost/", "a request with the method TRACE cannot be a step"),
        ("curl http://[", "invalid URL"),
    ] {
        let error = recorded(text).expect_err(text);
        assert!(error.to_string().contains(told), "{text}: {error}");
    }
}
