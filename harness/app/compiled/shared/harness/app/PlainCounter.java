package harness.app;

import jakarta.servlet.http.HttpSession;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps its count in attributes of the session. */
public class PlainCounter extends CounterServlet {
  private static final long serialVersionUID = 1;

  @Override
  protected void begin(HttpSession session) {
    session.setAttribute("once", UUID.randomUUID().toString());
    session.setAttribute("list", new CopyOnWriteArrayList<Integer>(Collections.singleton(0)));
  }

  @Override
  protected void count(HttpSession session) {
    Integer count = counted(session);
    session.setAttribute("count", count == null ? 1 : count + 1);
  }

  @Override
  protected Integer counted(HttpSession session) {
    return (Integer) session.getAttribute("count");
  }

  @Override
  protected String once(HttpSession session) {
    return (String) session.getAttribute("once");
  }

  @Override
  @SuppressWarnings("unchecked")
  protected List<Integer> list(HttpSession session) {
    return (List<Integer>) session.getAttribute("list");
  }
}
