//! A cookie jar that sends and lists cookies in the order of RFC 6265, section 5.4: the longest path first.
//!
//! The order matters: of several session cookies Tomcat takes the first that it can use.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use cookie_store::{Cookie, CookieStore, RawCookie};
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::host::sync::lock;

/// The cookies of one client.
#[derive(Debug, Default)]
pub(super) struct Jar {
    store: Mutex<CookieStore>,
    /// The host that the client names in its requests, without a port.
    host: Option<String>,
}

impl Jar {
    /// An empty one, for requests that name this host.
    pub(super) fn of_host(header: Option<&str>) -> Self {
        let host =
            header.and_then(|header| Url::parse(&format!("http://{header}")).ok()?.host_str().map(str::to_owned));
        Self { host, ..Self::default() }
    }

    /// The same place on the one host that all nodes are to a browser, as behind a balancer: where each node has an address
    /// of its own, a cookie goes to every one of them all the same. That it does for TLS, too, which ends before the nodes: a
    /// browser sends its `Secure` cookies to this machine even without.
    fn on_one_host(&self, url: &Url) -> Url {
        let mut url = url.clone();
        // What is no host stays away: each is one for every scheme of the web.
        let placed = match &self.host {
            Some(host) => url.set_host(Some(host)).is_ok(),
            None => url.set_ip_host(IpAddr::V4(Ipv4Addr::LOCALHOST)).is_ok(),
        };
        let secured = url.set_scheme("https").is_ok();
        debug_assert!(placed && secured, "{url} is of the web");
        url
    }

    /// The value of the cookie of this name that a request to `url` sends first.
    pub(super) fn value(&self, url: &str, name: &str) -> Option<String> {
        let url = self.on_one_host(&Url::parse(url).ok()?);
        let store = lock(&self.store);
        let sent = in_order(&store, &url).into_iter().find(|cookie| cookie.name() == name);
        sent.map(|cookie| cookie.value_trimmed().to_owned())
    }
}

/// The cookies that a request to `url` sends, in their order.
fn in_order<'a>(store: &'a CookieStore, url: &Url) -> Vec<&'a Cookie<'static>> {
    let mut all = store.matches(url);
    all.sort_by(|one, other| {
        let length = |cookie: &Cookie<'_>| cookie.path.len();
        length(other).cmp(&length(one)).then_with(|| one.name().cmp(other.name()))
    });
    all
}

impl reqwest::cookie::CookieStore for Jar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        let read = |header: &HeaderValue| {
            let text = std::str::from_utf8(header.as_bytes()).ok()?;
            RawCookie::parse(text).ok().map(RawCookie::into_owned)
        };
        lock(&self.store).store_response_cookies(headers.filter_map(read), &self.on_one_host(url));
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let store = lock(&self.store);
        let all: Vec<String> = in_order(&store, &self.on_one_host(url))
            .into_iter()
            .map(|cookie| {
                let (name, value) = cookie.name_value();
                format!("{name}={value}")
            })
            .collect();
        if all.is_empty() { None } else { HeaderValue::from_str(&all.join("; ")).ok() }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::cookie::CookieStore as _;
    use rstest::rstest;

    use super::*;

    const HOST: &str = "http://127.0.0.1:8080";

    /// A jar with a session cookie of each path, whose value is the path.
    fn jar(paths: &[&str]) -> Jar {
        let jar = Jar::default();
        let url = Url::parse(HOST).expect("a URL");
        let headers: Vec<HeaderValue> = paths
            .iter()
            .map(|path| HeaderValue::from_str(&format!("JSESSIONID={path}; Path={path}")).expect("a header"))
            .collect();
        jar.set_cookies(&mut headers.iter(), &url);
        jar
    }

    #[test]
    fn a_cookie_of_one_node_goes_to_a_node_with_another_address() {
        let jar = jar(&["/shop"]);
        let other = Url::parse("http://198.18.3.7:8080/shop/cart").expect("a URL");
        assert_eq!(jar.cookies(&other), Some(HeaderValue::from_static("JSESSIONID=/shop")));
        assert_eq!(jar.cookies(&Url::parse("http://198.18.3.7:8080/other").expect("a URL")), None);
    }

    #[test]
    fn a_cookie_for_tls_is_sent_as_if_tls_ended_before_the_node() {
        let jar = Jar::default();
        let url = Url::parse("http://127.0.0.1:8080/shop").expect("a URL");
        for header in ["A=1; Path=/; Secure", "__Host-B=2; Path=/; Secure"] {
            jar.set_cookies(&mut std::iter::once(&HeaderValue::from_static(header)), &url);
        }
        assert_eq!(jar.value("http://127.0.0.1:9090/shop", "A").as_deref(), Some("1"));
        assert_eq!(jar.cookies(&url), Some(HeaderValue::from_static("A=1; __Host-B=2")));
    }

    #[test]
    fn a_cookie_of_a_domain_is_kept_where_requests_name_a_host_of_it() {
        let url = Url::parse("http://127.0.0.1:8080/").expect("a URL");
        let header = HeaderValue::from_static("A=1; Domain=example.com");
        for (host, expected) in [(Some("shop.example.com:8080"), Some("1")), (Some("example.org"), None), (None, None)]
        {
            let jar = Jar::of_host(host);
            jar.set_cookies(&mut std::iter::once(&header), &url);
            assert_eq!(jar.value("http://127.0.0.1:9090/x", "A").as_deref(), expected, "{host:?}");
        }
    }

    #[rstest]
    #[case::a_bare_prefix_is_no_match(&["/shop"], "/shopping/cart", None)]
    #[case::the_path_itself(&["/shop"], "/shop", Some("/shop"))]
    #[case::below_the_path(&["/shop"], "/shop/cart?x=1", Some("/shop"))]
    #[case::a_path_with_a_slash(&["/shop/"], "/shop/cart", Some("/shop/"))]
    #[case::the_longest_wins(&["/", "/shop", "/shop/admin"], "/shop/admin/users", Some("/shop/admin"))]
    #[case::the_longest_that_matches(&["/shop/admin", "/shop", "/"], "/shop/cart", Some("/shop"))]
    #[case::the_root_is_for_everything(&["/", "/shop"], "/shopping", Some("/"))]
    fn a_cookie_is_for_its_path_and_what_is_below(
        #[case] paths: &[&str],
        #[case] target: &str,
        #[case] expected: Option<&str>,
    ) {
        // A hash map keeps its own order: one try could be right by chance.
        for _ in 0..20 {
            let jar = jar(paths);
            let url = format!("{HOST}{target}");
            assert_eq!(jar.value(&url, "JSESSIONID").as_deref(), expected, "{target}");
            let sent = jar.cookies(&Url::parse(&url).expect("a URL"));
            let sent = sent.as_ref().map(|header| header.to_str().expect("ASCII"));
            let first =
                sent.and_then(|all| all.split("; ").next()).and_then(|cookie| cookie.strip_prefix("JSESSIONID="));
            assert_eq!(first, expected, "{target} sends {sent:?}");
        }
    }

    #[test]
    fn another_port_of_the_host_gets_the_cookies_too_and_another_name_none() {
        let jar = jar(&["/shop"]);
        assert!(jar.value("http://127.0.0.1:9090/shop", "JSESSIONID").is_some());
        assert_eq!(jar.value("http://127.0.0.1:9090/shop", "OTHER"), None);
    }
}
