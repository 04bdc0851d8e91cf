//! An app whose session holds values of many kinds.

use integration_tests::App;

/// The classes of a shop.
pub(super) const CART: &[(&str, &str)] = &[
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
           public static class Trolley extends Basket { }
           public static class Holder implements Serializable { public Object held; public Holder(Object h) { held = h; } }
           /** Writes its fields late, and its parent's not at all. */
           public static class Odd extends Terse {
             public int left = 1; public String right = \"r\";
             private void writeObject(ObjectOutputStream out) throws IOException {
               out.write(new byte[1020]); out.writeObject(\"first\"); out.writeInt(3); out.defaultWriteObject(); out.writeObject(\"last\");
             }
             private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
               in.readFully(new byte[1020]); in.readObject(); in.readInt(); in.defaultReadObject(); in.readObject();
             }
           }
           public static class Terse implements Serializable {
             public int unwritten = 5; public List<String> nor = new ArrayList<String>();
             private void writeObject(ObjectOutputStream out) throws IOException { out.writeObject(\"terse\"); }
             private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException { in.readObject(); }
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
  v.put("holder", new shop.Cart.Holder(v.get("cart"))); v.put("watch", new shop.Watch(v.get("cart")));
  v.put("watch-own", new shop.Watch(new ArrayList<String>(list)));
  shop.Cart.Basket basket = new shop.Cart.Basket(); basket.items.add("x"); v.put("external", basket); basket = new shop.Cart.Trolley(); basket.items.add("x"); v.put("trolley", basket);
  v.put("odd", new shop.Cart.Odd());
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
  ((List<String>) ((shop.Watch) request.getSession().getAttribute("watch-own")).watched).add("x");
  out.print("changed");
"#;

/// The app.
/// A listener that leaves the session with the object that it watches, as Wicket has one: of that the attribute itself tells.
pub(super) fn values(server: &str) -> App {
    let older = ["tomcat:9.", "tomee:8."].iter().any(|line| server.starts_with(line));
    let package = if older { "javax" } else { "jakarta" };
    let listener = format!("package {package}.servlet.http; public interface HttpSessionBindingListener {{ }}");
    let watch = format!(
        "package shop; public class Watch implements {package}.servlet.http.HttpSessionBindingListener, java.io.Serializable {{
           public Object watched; public Watch(Object w) {{ watched = w; }} }}"
    );
    let path = format!("{package}/servlet/http/HttpSessionBindingListener.java");
    let record = "package shop; public record Point(int x, Object y) implements java.io.Serializable { }";
    App::distributable()
        .page("set.jsp", SET)
        .page("change.jsp", CHANGE)
        .classes("8", CART)
        .classes("8", &[(&path, &listener), ("shop/Watch.java", &watch)])
        .classes("17", &[("shop/Point.java", record)])
}
