package basket;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.faces.context.FacesContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The baskets of all sessions, on one node. */
@ApplicationScoped
public class Shelf {
    private final Map<String, List<String>> baskets = new ConcurrentHashMap<>();

    public List<String> items() {
        String id = FacesContext.getCurrentInstance().getExternalContext().getSessionId(true);
        return baskets.computeIfAbsent(id.split("\\.")[0], session -> new CopyOnWriteArrayList<>());
    }
}
