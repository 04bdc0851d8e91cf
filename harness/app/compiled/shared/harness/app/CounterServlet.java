package harness.app;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The pages of the counter app ({@code count.jsp} and so on, under the same names) for apps that keep their count in a
 * way of their own. Free of races inside one node: requests of one session take turns.
 */
public abstract class CounterServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static String node;

  /** Writes what only the first request of a session writes: {@code once} and {@code list}. */
  protected abstract void begin(HttpSession session);

  /** Adds one. */
  protected abstract void count(HttpSession session);

  /** How far it has counted; null where nothing was counted. */
  protected abstract Integer counted(HttpSession session);

  protected abstract String once(HttpSession session);

  protected abstract List<Integer> list(HttpSession session);

  /** Whether a session that is there has yet to be begun: one that the server has made and not this app. */
  protected boolean isBlank(HttpSession session) {
    return false;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    String id = request.getRequestedSessionId(), answer = null;
    while (answer == null) {
      synchronized (mutex(id)) {
        HttpSession session = request.getSession(false);
        if (session != null && !stem(session.getId()).equals(stem(id))) {
          id = session.getId(); // change-id was faster: take the lock of the new id
        } else {
          answer = page(request, session);
        }
      }
    }
    response.setContentType("application/json;charset=UTF-8");
    response.getWriter().print(answer);
  }

  private String page(HttpServletRequest request, HttpSession session) {
    boolean counts = request.getServletPath().equals("/count.jsp");
    if (session == null && !counts) return answer(null, false, null, null, null);
    if (session == null || counts && isBlank(session)) {
      session = request.getSession();
      begin(session);
    }
    if (counts) {
      count(session);
    } else if (request.getServletPath().equals("/mutate.jsp")) {
      List<Integer> list = list(session);
      if (list != null) list.add(list.size() + 1); // a lost list stays lost
    } else if (request.getServletPath().equals("/invalidate.jsp")) {
      session.invalidate();
      return answer(null, false, null, null, null);
    } else if (request.getServletPath().equals("/change-id.jsp")) {
      request.changeSessionId();
    }
    return answer(session.getId(), session.isNew(), counted(session), once(session), list(session));
  }

  /** What identifies a session on every node: the id without the route, which a failover rewrites. */
  static String stem(String id) {
    return id == null || id.indexOf('.') < 0 ? id : id.substring(0, id.indexOf('.'));
  }

  /** The lock of one session in this JVM: an interned string, as a replication message may replace any other object. */
  static Object mutex(String id) {
    return id == null ? new Object() : ("harness-counter:" + stem(id)).intern();
  }

  /** This node's own name; never taken from a session id, which may carry another node's route. */
  static synchronized String node() {
    if (node == null) {
      String name = System.getProperty("harness.node");
      try {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName engine : beans.queryNames(new ObjectName("*:type=Engine"), null))
          if (name == null) name = (String) beans.getAttribute(engine, "jvmRoute");
      } catch (Exception none) { /* a nameless node answers "" */ }
      node = name == null ? "" : name;
    }
    return node;
  }

  static String quote(Object value) {
    if (value == null) return "null";
    StringBuilder json = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c == '"' || c == '\\') json.append('\\').append(c);
      else if (c < ' ' || c > '~') json.append(String.format("\\u%04x", (int) c));
      else json.append(c);
    }
    return json.append('"').toString();
  }

  private static String answer(String id, boolean isNew, Integer count, String once, List<Integer> list) {
    int dot = id == null ? -1 : id.indexOf('.');
    return "{\"node\":" + quote(node()) + ",\"session\":" + quote(id)
        + ",\"route\":" + quote(dot < 0 ? null : id.substring(dot + 1)) + ",\"new\":" + isNew
        + ",\"count\":" + (count == null ? 0 : count) + ",\"once\":" + quote(once)
        + ",\"list\":" + (list == null ? "[]" : list.toString().replace(" ", "")) + "}";
  }
}
