package shop;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** What a client wants to buy. */
public class Cart implements Serializable {
    private static final long serialVersionUID = 1;

    /** What nobody can serialise. */
    public static class Discount {
        public final int percent = 10;
    }

    public final List<String> items = new ArrayList<>();
    public Object discount;

    @Override
    public String toString() {
        return String.join(" ", items);
    }
}
