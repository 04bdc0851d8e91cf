package harness.app;

/** No server can replicate it. */
public class Unserializable {
  @Override
  public String toString() {
    return "Unserializable";
  }
}
