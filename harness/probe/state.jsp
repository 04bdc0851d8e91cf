<%@ page session="false" contentType="application/json;charset=UTF-8" trimDirectiveWhitespaces="true"
    import="java.io.*, java.lang.management.ManagementFactory, java.lang.reflect.*, java.net.InetAddress, java.security.MessageDigest, java.util.*, javax.management.*" %>
<%--
  What this node knows, as JSON, without touching a session.

  token=T or header X-Harness-Token   must equal the context parameter harness.token
  only=members                        server, cluster, channel and members, no contexts
  context=/path                       these contexts only (repeatable; / is ROOT)
  configuration=1                     also what of the configuration is in effect
  sessions=0                          contexts without their sessions
  session=ID                          these sessions only (repeatable; the route does not matter)

  The server's objects are read by reflection: no servlet type is named (javax or jakarta), a method
  that one version lacks costs one part of the answer and not all of it, and fields give what the
  public methods give without their side effects: Session.isValid() may expire a session, and each get()
  on BackupManager's map moves the session to this node. No syntax beyond Java 7.
  Beside this page: WEB-INF/apps.jspf (what a context serves, its cookie, why it is local), WEB-INF/values.jspf (what a
  value serialises to), WEB-INF/running.jspf (what is in effect), WEB-INF/written.jspf and WEB-INF/stream.jspf (how that is compared).
--%>
<%@ include file="WEB-INF/apps.jspf" %>
<%@ include file="WEB-INF/running.jspf" %>
<%@ include file="WEB-INF/values.jspf" %>
<%@ include file="WEB-INF/written.jspf" %>
<%@ include file="WEB-INF/stream.jspf" %>
<%!
  static final int TEXT = 200, ITEMS = 10000, DEPTH = 8;

  // ---- reflection

  /** A field's value, whatever its visibility and wherever up the class chain it is. */
  static Object field(Object of, String name) throws Exception {
    for (Class<?> c = of.getClass(); c != null; c = c.getSuperclass())
      try {
        Field f = c.getDeclaredField(name);
        f.setAccessible(true);
        return f.get(of);
      } catch (NoSuchFieldException up) { /* ask the superclass */ }
    throw new NoSuchFieldException(of.getClass().getName() + "." + name);
  }

  /** The result of a public method without arguments. */
  static Object call(Object of, String name) throws Exception {
    return call(of, name, null, null);
  }

  static Object call(Object of, String name, Class<?> type, Object argument) throws Exception {
    Method m = type == null ? of.getClass().getMethod(name) : of.getClass().getMethod(name, type);
    m.setAccessible(true);  // the class itself may be package-private
    try {
      return type == null ? m.invoke(of) : m.invoke(of, argument);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception ? (Exception) e.getCause() : e;
    }
  }

  static boolean has(Object of, String method) {
    for (Method m : of.getClass().getMethods()) if (m.getName().equals(method)) return true;
    return false;
  }

  /** A JSON object in the making. */
  static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    return map;
  }

  static Map<String, Object> failed(Throwable e) {
    return object("error", e.getClass().getName() + ": " + e.getMessage());
  }

  static MBeanServer beans() {
    return ManagementFactory.getPlatformMBeanServer();
  }

  /** The readable attributes of simple types of an object's own MBean, as text. */
  static Object beanAttributes(Object of) {
    try {
      ObjectName name = (ObjectName) call(of, "getObjectName");
      Map<String, Object> all = new TreeMap<String, Object>();
      if (name == null || !beans().isRegistered(name)) return all;
      for (MBeanAttributeInfo a : beans().getMBeanInfo(name).getAttributes()) {
        if (!a.isReadable() || !a.getType().matches("boolean|int|long|short|byte|char|float|double|java\\.lang\\.\\w+")) continue;
        try {
          Object value = beans().getAttribute(name, a.getName());
          if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof Character)
            all.put(a.getName(), value.toString());
        } catch (Exception unreadable) { /* descriptors name attributes that a class does not have */ }
      }
      return all;
    } catch (Throwable e) {
      return failed(e);
    }
  }

  // ---- the parts

  static Object server(Object context, String info) {
    try {
      // Not the server's info: TomEE 8 calls itself Apache Tomcat there.
      ClassLoader loader = context.getClass().getClassLoader();
      boolean tomee = true;
      String version = null;
      try {
        Class.forName("org.apache.tomee.catalina.ServerListener", false, loader);
        Object v = Class.forName("org.apache.openejb.util.OpenEjbVersion", true, loader).getMethod("get").invoke(null);
        version = String.valueOf(call(v, "getVersion"));
      } catch (ClassNotFoundException plain) {
        tomee = false;
      }
      // The domain exists in a healthy TomEE only; openejb.management is there even if OpenEJB failed to start.
      boolean openejb = !beans().queryNames(new ObjectName("openejb:type=Server,*"), null).isEmpty()
          || !beans().queryNames(new ObjectName("openejb:type=ServerService,*"), null).isEmpty();
      return object("info", info, "java", System.getProperty("java.version"),
          "pid", Long.valueOf(ManagementFactory.getRuntimeMXBean().getName().split("@")[0]),
          "tomee", tomee, "tomee-version", version, "openejb", tomee ? (Object) openejb : null);
    } catch (Throwable e) {
      return failed(e);
    }
  }

  static Object engine(Object engine) {
    try {
      String route = (String) call(engine, "getJvmRoute");
      return object("jvm-route", route == null || route.isEmpty() ? null : route);
    } catch (Throwable e) {
      return failed(e);
    }
  }

  static Object cluster(Object cluster, Object host) {
    try {
      return object("class", cluster.getClass().getName(),
          "level", call(cluster, "getContainer") == host ? "host" : "engine",
          "send-options", call(cluster, "getChannelSendOptions"),
          "attributes", beanAttributes(cluster));
    } catch (Throwable e) {
      return failed(e);
    }
  }

  static Object channel(Object cluster) {
    try {
      Object channel = call(cluster, "getChannel"), receiver = call(channel, "getChannelReceiver");
      List<Object> stack = new ArrayList<Object>();
      // The chain begins with the channel itself and ends in its coordinator, the only one without a next.
      for (Object i = call(channel, "getFirstInterceptor"); i != null && call(i, "getNext") != null; i = call(i, "getNext"))
        if (i != channel) stack.add(i.getClass().getName());
      return object("interceptors", stack,
          "receiver", object("class", receiver.getClass().getName(), "address", call(receiver, "getHost"), "port", call(receiver, "getPort")),
          "membership", call(channel, "getMembershipService").getClass().getName());
    } catch (Throwable e) {
      return failed(e);
    }
  }

  /** As the cluster object lists them, so that a ghost shows as what it is: a second entry. */
  static Object members(Object cluster) {
    try {
      List<Object> all = new ArrayList<Object>();
      if (cluster == null) return all;
      Object self = call(cluster, "getLocalMember");
      if (self != null) all.add(member(self, true));
      for (Object peer : (Object[]) call(cluster, "getMembers")) all.add(member(peer, false));
      return all;
    } catch (Throwable e) {
      return failed(e);
    }
  }

  static Object member(Object member, boolean self) {
    try {
      byte[] unique = (byte[]) call(member, "getUniqueId"), host = (byte[]) call(member, "getHost");
      return object("name", call(member, "getName"),
          "host", host == null ? null : InetAddress.getByAddress(host).getHostAddress(), "port", call(member, "getPort"),
          "self", self, "ready", call(member, "isReady"), "failing", call(member, "isFailing"), "suspect", call(member, "isSuspect"),
          "unique-id", unique == null || unique.length == 0 ? null : hex(unique), "alive-ms", call(member, "getMemberAliveTime"));
    } catch (Throwable e) {
      return failed(e);
    }
  }

  /** Those of one Host: in another one the same path is another app. */
  static Object contexts(Object host, Object self, Set<String> paths, boolean sessions, Set<String> stems) {
    try {
      long until = System.currentTimeMillis() + SERIALISES;
      List<Object> all = new ArrayList<Object>();
      for (Object context : (Object[]) call(host, "findChildren"))
        if (paths == null ? context != self : paths.contains(call(context, "getPath")))
          all.add(context(host, context, sessions, stems, until));
      return all;
    } catch (Throwable e) {
      return failed(e);
    }
  }

  static Object context(Object host, Object context, boolean sessions, Set<String> stems, long until) {
    Map<String, Object> all = object();
    try {
      all.put("path", call(context, "getPath"));
      all.put("version", call(context, "getWebappVersion"));
      all.put("host", call(host, "getName"));
      all.put("state", call(context, "getStateName"));
      all.put("available", call(call(context, "getState"), "isAvailable"));
      all.put("started-ms", call(context, "getStartTime"));
      all.put("distributable", call(context, "getDistributable"));
      all.put("war-sha256", war(host, context));
      all.put("served-sha256", served(host, context));
      all.put("cookie", cookie(context));
      Object manager = call(context, "getManager");
      all.put("local-because", localBecause(host, context, manager));
      all.put("manager", manager == null ? null : object("class", manager.getClass().getName(), "attributes", beanAttributes(manager)));
      all.put("sessions", manager == null || !sessions ? new ArrayList<Object>()
          : sessions(manager, stems, values(context, manager, until)));
    } catch (Throwable e) {
      all.putAll(failed(e));
    }
    return all;
  }

  static String stem(String id) {
    return id.indexOf('.') < 0 ? id : id.substring(0, id.indexOf('.'));
  }

  static String classOf(Object value) {
    return value == null ? "null" : value.getClass().getName();
  }

  static Object sessions(Object manager, Set<String> stems, Values values) {
    try {
      List<Object> all = new ArrayList<Object>();
      Map<?, ?> map = (Map<?, ?>) field(manager, "sessions");
      // BackupManager's map: get(), containsKey() and iteration fetch, promote or leave out; these two do not.
      boolean replicated = has(map, "getInternal") && has(map, "keySetFull");
      for (Object key : new ArrayList<Object>((Set<?>) (replicated ? call(map, "keySetFull") : map.keySet()))) {
        if (stems != null && !stems.contains(stem((String) key))) continue;
        try {
          Object entry = replicated ? call(map, "getInternal", Object.class, key) : null;
          Object session = entry != null ? call(entry, "getValue") : replicated ? null : map.get(key);
          if (entry == null && session == null) continue;  // gone since we asked for the keys
          all.add(session((String) key, entry, session, values));
        } catch (Throwable e) {
          Map<String, Object> bad = object("id", key);
          bad.putAll(failed(e));
          all.add(bad);
        }
      }
      return all;
    } catch (Throwable e) {
      return failed(e);
    }
  }

  /** One session; all is null but id and role where only a peer has the value (a proxy). */
  static Object session(String id, Object entry, Object session, Values values) throws Exception {
    String role = "local";
    int backups = 0;
    if (entry != null) {
      role = (Boolean) call(entry, "isProxy") ? "proxy" : (Boolean) call(entry, "isBackup") ? "backup" : "primary";
      Object[] nodes = (Object[]) call(entry, "getBackupNodes");
      if (nodes != null) for (Object n : nodes) if (n != null) backups++;
    } else if (has(session, "isPrimarySession")) {
      role = (Boolean) field(session, "isPrimarySession") ? "primary" : "replica";
    }
    Map<String, Object> attributes = new TreeMap<String, Object>();
    if (session == null)
      return object("id", id, "role", role, "valid", null, "new", null, "created-ms", null, "last-accessed-ms", null,
          "this-accessed-ms", null, "max-inactive-s", null, "principal", null, "backup-nodes", backups, "attributes", attributes);
    if (values != null) values.of(((Map<?, ?>) field(session, "attributes")).values());
    for (Map.Entry<?, ?> a : ((Map<?, ?>) field(session, "attributes")).entrySet()) {
      String name = (String) a.getKey();
      Object value;
      try {
        value = plain(a.getValue(), 0);
      } catch (Throwable e) {
        value = failed(e);
      }
      Map<String, Object> attribute = object("class", classOf(a.getValue()), "value", value);
      if (values != null && values.excludes(name, a.getValue())) attribute.put("excluded", true);
      else serialised(name, a.getValue(), values, attribute);
      attributes.put(name, attribute);
      // OpenWebBeans keeps all beans of a session in this one attribute.
      if (classOf(a.getValue()).equals("org.apache.webbeans.context.SessionContext")) beans(a.getValue(), values, attributes);
    }
    Object principal = field(session, "principal");
    return object("id", id, "role", role, "valid", field(session, "isValid"), "new", field(session, "isNew"),
        "created-ms", field(session, "creationTime"), "last-accessed-ms", field(session, "lastAccessedTime"),
        "this-accessed-ms", field(session, "thisAccessedTime"), "max-inactive-s", field(session, "maxInactiveInterval"),
        "principal", principal == null ? null : call(principal, "getName"), "backup-nodes", backups, "attributes", attributes);
  }

  /** Whether a value is all in its text, and never changes. */
  static boolean simple(Object value) {
    return value instanceof String || value instanceof Boolean || value instanceof Character
        || value instanceof Number && value.getClass().getName().startsWith("java.lang.");
  }

  /** An attribute's value as JSON has it; the lists are Java's own, since walking a stranger's may run code (lazy loading). */
  static Object plain(Object value, int depth) {
    if (value == null || simple(value)) return value;
    Object items = value instanceof List && value.getClass().getName().startsWith("java.util.") ? ((List<?>) value).toArray() : value;
    if (items.getClass().isArray() && Array.getLength(items) <= ITEMS && depth < DEPTH) {
      List<Object> list = new ArrayList<Object>();
      for (int i = 0; i < Array.getLength(items); i++) list.add(plain(Array.get(items, i), depth + 1));
      return list;
    }
    String text = depth < DEPTH ? String.valueOf(value) : value.getClass().getName();
    return text.length() <= TEXT ? text : text.substring(0, TEXT);
  }

  // ---- JSON

  static void json(StringBuilder to, Object value) {
    String between = "";
    if (value instanceof Map) {
      to.append('{');
      for (Map.Entry<?, ?> e : ((Map<?, ?>) value).entrySet()) {
        to.append(between);
        json(to, e.getKey());
        to.append(':');
        json(to, e.getValue());
        between = ",";
      }
      to.append('}');
    } else if (value instanceof List) {
      to.append('[');
      for (Object item : (List<?>) value) {
        to.append(between);
        json(to, item);
        between = ",";
      }
      to.append(']');
    } else if (value == null || value instanceof Boolean || value instanceof Number && !value.toString().matches(".*[NI].*")) {
      to.append(value);  // NaN and Infinity are no JSON numbers
    } else {
      to.append('"');
      for (char c : value.toString().toCharArray()) {
        if (c == '"' || c == '\\') to.append('\\').append(c);
        else if (c < ' ') to.append(String.format("\\u%04x", (int) c));
        else to.append(c);
      }
      to.append('"');
    }
  }
%>
<%
  String wanted = application.getInitParameter("harness.token"), given = request.getHeader("X-Harness-Token");
  if (given == null) given = request.getParameter("token");
  if (wanted == null || wanted.isEmpty() || given == null
      || !MessageDigest.isEqual(wanted.getBytes("UTF-8"), given.getBytes("UTF-8"))) {
    response.setStatus(403);
    return;
  }

  Map<String, Object> answer = object("format", 1,
      "node", application.getInitParameter("harness.node"), "time-ms", System.currentTimeMillis());
  try {
    // facade -> ApplicationContext -> StandardContext
    Object self = field(field(application, "context"), "context");
    Object host = call(self, "getParent"), engine = call(host, "getParent"), cluster = call(host, "getCluster");
    answer.put("server", server(self, application.getServerInfo()));
    answer.put("engine", engine(engine));
    answer.put("cluster", cluster == null ? null : cluster(cluster, host));
    answer.put("channel", cluster == null ? null : channel(cluster));
    answer.put("members", members(cluster));
    if (request.getParameter("configuration") != null) answer.put("configuration", configuration(engine, host, cluster));
    Set<String> paths = null, stems = null;
    if (request.getParameterValues("context") != null) {
      paths = new HashSet<String>();
      for (String p : request.getParameterValues("context")) paths.add(p.equals("/") ? "" : p);
    }
    if (request.getParameterValues("session") != null) {
      stems = new HashSet<String>();
      for (String s : request.getParameterValues("session")) stems.add(stem(s));
    }
    answer.put("contexts", "members".equals(request.getParameter("only")) ? new ArrayList<Object>()
        : contexts(host, self, paths, !"0".equals(request.getParameter("sessions")), stems));
  } catch (Throwable e) {
    answer.putAll(failed(e));
  }
  StringBuilder json = new StringBuilder();
  json(json, answer);
  out.print(json);
%>
