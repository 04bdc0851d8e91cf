package harness.app;

import jakarta.servlet.http.HttpSession;
import java.util.concurrent.atomic.AtomicInteger;

/** Sets its count once and then changes it in place, which no server notices. */
public class InPlaceCounter extends PlainCounter {
  private static final long serialVersionUID = 1;

  @Override
  protected void begin(HttpSession session) {
    super.begin(session);
    session.setAttribute("count", new AtomicInteger());
  }

  @Override
  protected void count(HttpSession session) {
    ((AtomicInteger) session.getAttribute("count")).incrementAndGet();
  }

  @Override
  protected Integer counted(HttpSession session) {
    AtomicInteger count = (AtomicInteger) session.getAttribute("count");
    return count == null ? null : count.get();
  }
}
