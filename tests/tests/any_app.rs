//! What the probe tells of apps that are not ours, on real servers, each node a process. Needs Java with its compiler, and
//! for the first run of a release Maven's network.

use std::collections::BTreeMap;

use integration_tests::{App, MainJob, TestContext};
use serde_json::Value;

/// Runs a scenario beside these apps, each at the path of its name.
async fn run(scenario: &str, apps: &[(&str, App)], arguments: &[&str]) -> MainJob {
    let context = TestContext::new();
    for (name, app) in apps {
        app.write(&context.folder().join(name));
    }
    let file = context.folder().join("story.toml");
    fs_err::write(&file, scenario).expect("written");
    MainJob::run_in(context, &[&[file.as_str(), "--runtime", "process"], arguments].concat()).await
}

/// The records of a run's history.
fn history(job: &MainJob) -> Vec<Value> {
    let text = fs_err::read_to_string(job.context().folder().join("out/history.jsonl")).expect("a run has a history");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What the last look at each node that told of a context said of it.
fn last_looks(job: &MainJob, path: &str) -> BTreeMap<String, Value> {
    let mut looks = BTreeMap::new();
    for record in history(job).into_iter().filter(|record| record["record"] == "observe") {
        let contexts = record["state"]["contexts"].as_array().cloned().unwrap_or_default();
        if let Some(context) = contexts.into_iter().find(|context| context["path"] == path) {
            looks.insert(record["node"].as_str().expect("a name").to_owned(), context);
        }
    }
    looks
}

/// The attributes of the only session of a context.
fn attributes(context: &Value) -> serde_json::Map<String, Value> {
    let sessions = context["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 1, "{context}");
    sessions[0]["attributes"].as_object().expect("attributes").clone()
}

const CART: &[(&str, &str)] = &[
    (
        "shop/Cart.java",
        "package shop;
         import java.io.*; import java.util.*;
         public class Cart implements Serializable {
           public static class Product implements Serializable { public String name; public Product(String n) { name = n; } }
           public static class Line implements Serializable {
             public Cart cart; public Object product; public int quantity;
             public Line(Cart c, Object p, int q) { cart = c; product = p; quantity = q; }
           }
           public enum Kind { PLAIN, GIFT { @Override public String toString() { return \"!\"; } } }
           public static class Restless implements Serializable {
             private void writeObject(ObjectOutputStream out) throws IOException { out.writeLong(System.nanoTime()); }
             private void readObject(ObjectInputStream in) throws IOException { in.readLong(); }
           }
           public static class Basket implements Externalizable {
             public List<String> items = new ArrayList<String>();
             public Basket() { }
             public void writeExternal(ObjectOutput out) throws IOException { out.writeObject(items); out.writeInt(items.size()); }
             public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
               @SuppressWarnings(\"unchecked\") List<String> read = (List<String>) in.readObject(); items = read; in.readInt();
             }
           }
           /** A Map of a library's own, which writes its entries in the order of its buckets. */
           public static class Table extends AbstractMap<String, String> implements Serializable {
             transient TreeMap<Integer, String[]> buckets = new TreeMap<Integer, String[]>();
             transient int salt = (int) (System.nanoTime() & 15);
             @Override public String put(String k, String v) { buckets.put(k.hashCode() ^ salt, new String[] {k, v}); return null; }
             @Override public Set<Map.Entry<String, String>> entrySet() {
               Set<Map.Entry<String, String>> all = new LinkedHashSet<Map.Entry<String, String>>();
               for (String[] e : buckets.values()) all.add(new AbstractMap.SimpleEntry<String, String>(e[0], e[1]));
               return all;
             }
             private void writeObject(ObjectOutputStream out) throws IOException {
               out.writeInt(buckets.size());
               for (String[] e : buckets.values()) { out.writeObject(e[0]); out.writeObject(e[1]); }
             }
             private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
               buckets = new TreeMap<Integer, String[]>(); salt = (int) (System.nanoTime() & 15);
               for (int left = in.readInt(); left > 0; left--) put((String) in.readObject(), (String) in.readObject());
             }
           }
           public List<Line> lines = new ArrayList<Line>();
           public Map<String, Line> bySku = new HashMap<String, Line>();
           public Set<Line> marked = new HashSet<Line>();
           public transient Object cache = new Object();
           public static Cart of(int lines, Object product) {
             Cart cart = new Cart();
             for (int i = 0; i < lines; i++) {
               Line line = new Line(cart, i == 2 ? product : new Product(\"p\" + i % 2), i);
               cart.lines.add(line); cart.bySku.put(\"sku-\" + i, line); cart.marked.add(new Line(cart, \"m\" + i, i));
             }
             return cart;
           }
         }",
    ),
];

/// Sets values of many kinds; each is to have the same digest on owner and replica.
const SET: &str = r#"
  Map<String, Object> v = new TreeMap<String, Object>();
  v.put("text", "für immer"); v.put("number", 7); v.put("big", new java.math.BigDecimal("1.20")); v.put("yes", true); v.put("none", 0);
  List<String> list = new ArrayList<String>(); for (int i = 0; i < 11; i++) list.add("i" + i); v.put("list", list);
  List<String> shrunk = new ArrayList<String>(1000); shrunk.add("one"); v.put("shrunk", shrunk);
  Map<String, Integer> map = new HashMap<String, Integer>(1024); map.put("AaBB", 1); map.put("BBAa", 2); map.put("AaAa", 3); map.put("BBBB", 4);
  for (int i = 0; i < 40; i++) map.put("k" + i * 31, i); v.put("map", map);
  v.put("linked", new LinkedHashMap<String, Integer>(map)); v.put("tree", new TreeMap<String, Integer>(map));
  v.put("concurrent", new java.util.concurrent.ConcurrentHashMap<String, Integer>(map)); v.put("table", new Hashtable<String, Integer>(map));
  v.put("identity", new IdentityHashMap<String, Integer>(map)); v.put("unmodifiable", Collections.unmodifiableMap(map));
  v.put("set", new HashSet<String>(map.keySet())); v.put("linked-set", new LinkedHashSet<String>(map.keySet()));
  Set<Object> kinds = new HashSet<Object>(64); kinds.add(shop.Cart.Kind.GIFT); kinds.add(shop.Cart.Kind.PLAIN); kinds.add(String.class); v.put("kinds", kinds);
  v.put("enum", shop.Cart.Kind.GIFT);
  v.put("enums", EnumSet.of(shop.Cart.Kind.PLAIN)); v.put("array", new Object[] {1, "a", null, new int[] {1, 2}, new String[][] {{"x"}, null}});
  v.put("doubles", new double[] {Double.NaN, -0.0}); v.put("bytes", new byte[9 << 20]); v.put("date", new Date(1)); v.put("uuid", new UUID(1, 2));
  v.put("builder", new StringBuilder("b")); v.put("locale", Locale.GERMAN); v.put("calendar", new GregorianCalendar(2020, 1, 1));
  v.put("vector", new Vector<String>(list)); v.put("queue", new ArrayDeque<String>(list)); v.put("priority", new PriorityQueue<String>(list));
  v.put("aslist", Arrays.asList("a", "b")); v.put("atomic", new java.util.concurrent.atomic.AtomicLong(5)); v.put("thrown", new IllegalStateException("x"));
  java.net.URL url = new java.net.URL("http://127.0.0.1/x"); url.hashCode(); v.put("url", url);
  Properties properties = new Properties(); for (int i = 0; i < 20; i++) properties.setProperty("p" + i, "v"); v.put("properties", properties);
  v.put("cart", shop.Cart.of(30, "gift")); v.put("library", new shop.Cart.Table());
  for (int i = 0; i < 20; i++) ((Map<String, String>) v.get("library")).put("key" + i, "v" + i);
  shop.Cart.Basket basket = new shop.Cart.Basket(); basket.items.add("x"); v.put("external", basket);
  String shared = new String("shared"); v.put("shared", new ArrayList<Object>(Arrays.asList(shared, shared, new String("shared"))));
  Map<String, Object> self = new HashMap<String, Object>(); self.put("me", self); v.put("self", self);
  try {
    Class<?> of = Class.forName("java.util.Set");
    Object[] items = new Object[20]; for (int i = 0; i < 20; i++) items[i] = "s" + i;
    v.put("set-of", of.getMethod("of", Object[].class).invoke(null, (Object) items));
    Map.Entry[] entries = new Map.Entry[20]; for (int i = 0; i < 20; i++) entries[i] = new AbstractMap.SimpleImmutableEntry("s" + i, i);
    v.put("map-of", Class.forName("java.util.Map").getMethod("ofEntries", Map.Entry[].class).invoke(null, (Object) entries));
    v.put("record", Class.forName("shop.Point").getConstructor(int.class, Object.class).newInstance(3, new HashMap<String, Integer>(map)));
  } catch (ClassNotFoundException older) { } catch (NoSuchMethodException older) { } catch (UnsupportedClassVersionError older) { }
  v.put("restless", new shop.Cart.Restless());
  for (Map.Entry<String, Object> e : v.entrySet()) request.getSession().setAttribute(e.getKey(), e.getValue());
  out.print("set " + v.size());
"#;

/// Changes values in place, which no Manager notices.
const CHANGE: &str = r#"
  ((shop.Cart) request.getSession().getAttribute("cart")).lines.get(3).quantity++;
  ((Map<String, Integer>) request.getSession().getAttribute("map")).put("k31", -1);
  Collections.reverse((List<?>) request.getSession().getAttribute("list"));
  ((Map<String, Integer>) request.getSession().getAttribute("linked")).put("k0", ((Map<String, Integer>) request.getSession().getAttribute("linked")).remove("k0"));
  ((byte[]) request.getSession().getAttribute("bytes"))[5] = 1;
  ((Set<Object>) request.getSession().getAttribute("kinds")).remove(shop.Cart.Kind.PLAIN);
  out.print("changed");
"#;

fn values() -> App {
    let record = "package shop; public record Point(int x, Object y) implements java.io.Serializable { }";
    App::distributable()
        .page("set.jsp", SET)
        .page("change.jsp", CHANGE)
        .classes("8", CART)
        .classes("17", &[("shop/Point.java", record)])
}

const STORY: &str = r#"
name = "values"
guarantees = ["cluster-forms"]
[[step]]
deploy = "values.war"
[[step]]
get = "/values/set.jsp"
on = "n1"
[[step]]
observe = "/values"
"#;

/// Each value has the same digest on both nodes, but those that an app changed in place where it has them.
async fn values_of(server: &str, manager: &str) {
    let arguments = ["--server", server, "--manager", manager];
    let job = run(STORY, &[("values.war", values())], &arguments).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let looks = last_looks(&job, "/values");
    let (one, two) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    assert!(one.len() > 40, "{one:?}");
    for (name, value) in &one {
        if name == "restless" {
            assert_eq!(value["undecidable"], "shop.Cart$Restless serialises otherwise each time", "{value}");
            continue;
        }
        assert!(value["sha256"].is_string(), "{name}: {value}");
        assert!(value["bytes"].as_u64() > Some(0), "{name}: {value}");
        assert_eq!(value["sha256"], two[name]["sha256"], "{name}: {value} {}", two[name]);
    }
    let digests: std::collections::BTreeSet<_> = one.values().map(|value| value["sha256"].to_string()).collect();
    assert_eq!(digests.len(), one.len(), "each is another value");
    let changed =
        format!("{STORY}[[step]]\nget = \"/values/change.jsp\"\non = \"n1\"\n[[step]]\nobserve = \"/values\"\n");
    let job = run(&changed, &[("values.war", values())], &arguments).await;
    let looks = last_looks(&job, "/values");
    let (one, two) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    let differ: Vec<_> = one.keys().filter(|name| one[*name]["sha256"] != two[*name]["sha256"]).collect();
    assert_eq!(differ, ["bytes", "cart", "kinds", "linked", "list", "map"]);
}

#[tokio::test]
async fn a_value_has_one_digest_on_both_nodes_of_tomee_9_and_another_one_where_it_was_changed_in_place() {
    values_of("tomee:9.0.0", "delta").await;
}

#[tokio::test]
async fn a_value_has_one_digest_on_both_nodes_of_tomcat_11_with_the_backup_manager() {
    values_of("tomcat:11.0.24", "backup").await;
}
