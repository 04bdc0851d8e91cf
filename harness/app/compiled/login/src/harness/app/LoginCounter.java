package harness.app;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;

/** Counts for everybody; {@code /secret} answers only whom the server knows, with user, method and role. */
public class LoginCounter extends PlainCounter {
  private static final long serialVersionUID = 1;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    if (!request.getServletPath().equals("/secret")) {
      super.doGet(request, response);
      return;
    }
    response.setContentType("text/plain;charset=UTF-8");
    response.getWriter().print("user " + request.getRemoteUser() + " by " + request.getAuthType() + ", member "
        + request.isUserInRole("member"));
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    doGet(request, response);
  }

  /** The login makes the session before anybody counts. */
  @Override
  protected boolean isBlank(HttpSession session) {
    return counted(session) == null && once(session) == null && list(session) == null;
  }
}
