package basket;

import jakarta.enterprise.context.SessionScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A basket of one session. How it is broken stands in the file `variant`, where there is one. */
@Named
@SessionScoped
public class Basket implements Serializable {
    private static final long serialVersionUID = 1;

    /** What nobody can serialise. */
    public static class Coupon {
        public final int percent = 10;
    }

    private final List<String> items = new ArrayList<>();
    private transient List<String> forgotten;
    private Object coupon;
    private String item;

    @Inject private Shelf shelf;

    private static String variant() {
        try (InputStream file = Basket.class.getResourceAsStream("/variant")) {
            return file == null ? "good" : new String(file.readAllBytes(), StandardCharsets.UTF_8).trim();
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private List<String> kept() {
        switch (variant()) {
            case "transient":
                if (forgotten == null) {
                    forgotten = new ArrayList<>();
                }
                return forgotten;
            case "application-scope":
                return shelf.items();
            default:
                return items;
        }
    }

    /** Puts what was typed into the basket. */
    public String add() {
        kept().add(item);
        if (variant().equals("not-serialisable")) {
            coupon = new Coupon();
        }
        item = "";
        return null;
    }

    public int getCount() {
        return kept().size();
    }

    public String getItems() {
        return String.join(" ", kept());
    }

    public String getItem() {
        return item;
    }

    public void setItem(String item) {
        this.item = item;
    }
}
