package harness.app;

import java.io.Serializable;

/** A class of the app: a peer whose WAR lacks it cannot read a message that has it. */
public class Note implements Serializable {
  private static final long serialVersionUID = 1;
  private final String text;

  public Note(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return "Note " + text;
  }
}
