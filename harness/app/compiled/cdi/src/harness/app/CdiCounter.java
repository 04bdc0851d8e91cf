package harness.app;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpSession;
import java.util.List;

/** Keeps its count in a session scoped bean, and sets no attribute itself. */
public class CdiCounter extends CounterServlet {
  private static final long serialVersionUID = 1;
  @Inject private CounterBean bean;

  @Override
  protected void begin(HttpSession session) {
    bean.begin();
  }

  @Override
  protected void count(HttpSession session) {
    bean.count();
  }

  @Override
  protected Integer counted(HttpSession session) {
    return bean.counted();
  }

  @Override
  protected String once(HttpSession session) {
    return bean.once();
  }

  @Override
  protected List<Integer> list(HttpSession session) {
    return bean.list();
  }
}
