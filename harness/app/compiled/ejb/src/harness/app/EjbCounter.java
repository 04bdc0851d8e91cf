package harness.app;

import jakarta.ejb.NoSuchEJBException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Keeps its count in a stateful bean, and the bean's handle in the session. A handle without a bean behind it is as many
 * apps treat it: a new bean takes its place. {@code /handle} lets the exception out instead.
 */
public class EjbCounter extends PlainCounter {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = Logger.getLogger(EjbCounter.class.getName());

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    if (!request.getServletPath().equals("/handle")) {
      super.doGet(request, response);
      return;
    }
    HttpSession session = request.getSession(false);
    Tally tally = session == null ? null : (Tally) session.getAttribute("tally");
    response.setContentType("text/plain;charset=UTF-8");
    response.getWriter().print(tally == null ? "no handle" : "the bean counted to " + tally.counted());
  }

  @Override
  protected void begin(HttpSession session) {
    super.begin(session);
    session.setAttribute("tally", made());
  }

  @Override
  protected void count(HttpSession session) {
    Tally tally = (Tally) session.getAttribute("tally");
    try {
      tally.count();
    } catch (NoSuchEJBException gone) {
      LOG.log(Level.WARNING, "the handle of a stateful bean has no bean behind it on " + node(), gone);
      tally = made();
      tally.count();
      session.setAttribute("tally", tally);
    }
  }

  @Override
  protected Integer counted(HttpSession session) {
    Tally tally = (Tally) session.getAttribute("tally");
    try {
      return tally == null ? null : tally.counted();
    } catch (NoSuchEJBException gone) {
      return null;
    }
  }

  private static Tally made() {
    try {
      return (Tally) new InitialContext().lookup("java:module/Tally");
    } catch (NamingException e) {
      throw new IllegalStateException("the EJB container has no Tally", e);
    }
  }
}
