<%@ page session="false" contentType="application/json;charset=UTF-8" trimDirectiveWhitespaces="true"
    import="java.lang.management.ManagementFactory, java.lang.reflect.Array, java.security.MessageDigest, java.util.*, javax.management.*, javax.management.openmbean.*" %>
<%--
  What the JVM of this node has inside, as JSON. It is asked by hand only, and touches no session.

  header X-Harness-Token   must equal the context parameter harness.token
  beans=PATTERN            the MBeans of this name pattern, with their readable attributes
  histogram=live           the classes of all objects that are reachable, as the JVM counts them: a collection runs first
  dump=NAME                writes temp/NAME of this node, all objects that are reachable

  No syntax beyond Java 7.
--%>
<%!
  static final int DEPTH = 6, ITEMS = 1000;
  static final String[] SECRET = { "password", "secret", "token", "credential" };

  static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    return map;
  }

  static Object beans(String pattern) throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    List<Object> beans = new ArrayList<Object>();
    for (ObjectName name : new TreeSet<ObjectName>(server.queryNames(new ObjectName(pattern), null))) {
      MBeanInfo info;
      try {
        info = server.getMBeanInfo(name);
      } catch (InstanceNotFoundException gone) {
        continue;
      }
      Map<String, Object> attributes = new TreeMap<String, Object>(), unreadable = new TreeMap<String, Object>();
      for (MBeanAttributeInfo a : info.getAttributes()) {
        if (!a.isReadable()) continue;
        if (secret(a.getName())) {
          attributes.put(a.getName(), "(hidden)");
          continue;
        }
        try {
          attributes.put(a.getName(), plain(server.getAttribute(name, a.getName()), 0));
        } catch (Throwable e) {
          Throwable cause = e.getCause() == null ? e : e.getCause();
          unreadable.put(a.getName(), cause.getClass().getName() + ": " + cause.getMessage());
        }
      }
      beans.add(object("name", name.getCanonicalName(), "class", info.getClassName(), "attributes", attributes, "unreadable", unreadable));
    }
    return beans;
  }

  static boolean secret(String name) {
    for (String word : SECRET) if (name.toLowerCase(Locale.ROOT).contains(word)) return true;
    return false;
  }

  /** A value as JSON has it: what a console of JMX would show. */
  static Object plain(Object value, int depth) {
    if (value == null || value instanceof Boolean || value instanceof Number || value instanceof String) return value;
    if (depth < DEPTH && value instanceof CompositeData) {
      CompositeData data = (CompositeData) value;
      Map<String, Object> map = new TreeMap<String, Object>();
      for (Object key : data.getCompositeType().keySet())
        map.put((String) key, secret((String) key) ? "(hidden)" : plain(data.get((String) key), depth + 1));
      return map;
    }
    if (depth < DEPTH && value instanceof TabularData) value = ((TabularData) value).values().toArray();
    if (depth < DEPTH && value instanceof List && value.getClass().getName().startsWith("java.util.")) value = ((List<?>) value).toArray();
    if (depth < DEPTH && value.getClass().isArray()) {
      List<Object> list = new ArrayList<Object>();
      for (int i = 0; i < Array.getLength(value) && i < ITEMS; i++) list.add(plain(Array.get(value, i), depth + 1));
      return list;
    }
    return String.valueOf(value);
  }

  static Object operation(String bean, String name, Object[] arguments, String... types) throws Exception {
    return ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName(bean), name, arguments, types);
  }

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
  if (wanted == null || wanted.isEmpty() || given == null
      || !MessageDigest.isEqual(wanted.getBytes("UTF-8"), given.getBytes("UTF-8"))) {
    response.setStatus(403);
    return;
  }
  Map<String, Object> answer = new LinkedHashMap<String, Object>();
  try {
    if (request.getParameter("beans") != null) answer.put("beans", beans(request.getParameter("beans")));
    if (request.getParameter("histogram") != null)
      answer.put("histogram", operation("com.sun.management:type=DiagnosticCommand", "gcClassHistogram",
          new Object[] { new String[0] }, String[].class.getName()));
    if (request.getParameter("dump") != null && request.getParameter("dump").matches("[a-z0-9-]+\\.hprof")) {
      String file = System.getProperty("catalina.base") + "/temp/" + request.getParameter("dump");
      operation("com.sun.management:type=HotSpotDiagnostic", "dumpHeap", new Object[] { file, Boolean.TRUE }, "java.lang.String", "boolean");
      answer.put("dump", file);
    }
  } catch (Throwable e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    answer.put("error", cause instanceof MalformedObjectNameException ? "not a name pattern of MBeans: " + cause.getMessage() : cause.toString());
  }
  StringBuilder json = new StringBuilder();
  json(json, answer);
  out.print(json);
%>
