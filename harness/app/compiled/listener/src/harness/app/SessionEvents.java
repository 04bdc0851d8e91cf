package harness.app;

import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.util.logging.Logger;

/** Writes to the server's log when a session begins or ends on this node. */
public class SessionEvents implements HttpSessionListener {
  private static final Logger LOG = Logger.getLogger(SessionEvents.class.getName());

  @Override
  public void sessionCreated(HttpSessionEvent event) {
    LOG.info("tomee-harness: session created " + event.getSession().getId());
  }

  @Override
  public void sessionDestroyed(HttpSessionEvent event) {
    LOG.info("tomee-harness: session destroyed " + event.getSession().getId());
  }
}
