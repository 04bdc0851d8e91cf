package harness.app;

import jakarta.enterprise.context.SessionScoped;
import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** What CDI keeps for a session. The probe reads its fields by their names. */
@SessionScoped
public class CounterBean implements Serializable {
  private static final long serialVersionUID = 1;
  private volatile Integer count;
  private volatile String once;
  private volatile CopyOnWriteArrayList<Integer> list;

  public void begin() {
    once = UUID.randomUUID().toString();
    list = new CopyOnWriteArrayList<Integer>(Collections.singleton(0));
  }

  public void count() {
    count = count == null ? 1 : count + 1;
  }

  public Integer counted() {
    return count;
  }

  public String once() {
    return once;
  }

  public List<Integer> list() {
    return list;
  }
}
