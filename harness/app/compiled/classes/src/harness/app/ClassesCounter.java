package harness.app;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;

/**
 * Counts in attributes, and sets one more in a request of the caller's choice: {@code /next?holds=top-level} makes the
 * next count on this node set an object that is not serialisable, {@code nested} one that has such an object inside,
 * {@code note} one of a class of this app, {@code 10-mb} so many megabytes.
 */
public class ClassesCounter extends PlainCounter {
  private static final long serialVersionUID = 1;
  /** Of the JVM and not of the session, so that choosing changes nothing that is replicated. */
  private static String next;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    if (!request.getServletPath().equals("/next")) {
      super.doGet(request, response);
      return;
    }
    String holds = request.getParameter("holds");
    if (holds == null || !holds.matches("top-level|nested|note|[1-9][0-9]{0,2}-mb")) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST, "holds=top-level, nested, note or a number as 10-mb");
      return;
    }
    choose(holds);
    response.setContentType("text/plain;charset=UTF-8");
    response.getWriter().print("the next count holds " + holds);
  }

  @Override
  protected void count(HttpSession session) {
    super.count(session);
    String holds = choose(null);
    if (holds == null) return;
    if (holds.endsWith("-mb")) session.setAttribute("extra", bytes(Integer.parseInt(holds.replace("-mb", ""))));
    else if ("top-level".equals(holds)) session.setAttribute("extra", new Unserializable());
    else if ("nested".equals(holds)) session.setAttribute("extra", new Basket());
    else if ("note".equals(holds)) session.setAttribute("extra", new Note("from " + node()));
  }

  /** Not all the same, so that nothing makes them few on the way. */
  private static byte[] bytes(int megabytes) {
    byte[] bytes = new byte[megabytes << 20];
    new java.util.Random(megabytes).nextBytes(bytes);
    return bytes;
  }

  private static synchronized String choose(String holds) {
    String before = next;
    next = holds;
    return before;
  }
}
