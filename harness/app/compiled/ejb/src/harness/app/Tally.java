package harness.app;

import jakarta.ejb.LocalBean;
import jakarta.ejb.Stateful;
import java.io.Serializable;

/** Counts, in the EJB container of one node. */
@Stateful
@LocalBean
public class Tally implements Serializable {
  private static final long serialVersionUID = 1;
  private int count;

  public void count() {
    count++;
  }

  public int counted() {
    return count;
  }
}
