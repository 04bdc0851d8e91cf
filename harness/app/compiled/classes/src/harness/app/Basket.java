package harness.app;

import java.io.Serializable;

/** Says that it can be serialised, and cannot. */
public class Basket implements Serializable {
  private static final long serialVersionUID = 1;
  final Object inside = new Unserializable();

  @Override
  public String toString() {
    return "Basket";
  }
}
