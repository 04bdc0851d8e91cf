package shop;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;

/** A cart in the session. How it is broken stands in the file `variant`, where there is one. */
@Controller
public class CartController {
    /** The carts of the variant that keeps them in no session. */
    private static final Map<String, Cart> CARTS = new ConcurrentHashMap<>();

    private final String variant = variant();

    private static String variant() {
        try (InputStream file = CartController.class.getResourceAsStream("/variant")) {
            return file == null ? "good" : new String(file.readAllBytes(), StandardCharsets.UTF_8).trim();
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private Cart cart(HttpSession session) {
        Cart cart = variant.equals("static-map")
                ? CARTS.get(session.getId().split("\\.")[0])
                : (Cart) session.getAttribute("cart");
        return cart == null ? new Cart() : cart;
    }

    @GetMapping(path = "/cart", produces = "text/html;charset=UTF-8")
    @ResponseBody
    String show(HttpServletRequest request, CsrfToken csrf) {
        Cart cart = cart(request.getSession());
        StringBuilder page = new StringBuilder("<html><body><h1>Cart of ");
        page.append(request.getUserPrincipal().getName()).append("</h1><ul>");
        cart.items.forEach(item -> page.append("<li>").append(item).append("</li>"));
        page.append("</ul><p>items=").append(cart.items.size()).append("</p>");
        page.append("<form id=\"add\" method=\"post\" action=\"cart\"><input type=\"hidden\" name=\"");
        page.append(csrf.getParameterName()).append("\" value=\"").append(csrf.getToken());
        page.append("\"><input name=\"item\"><button>Add</button></form></body></html>");
        return page.toString();
    }

    @PostMapping("/cart")
    String add(HttpSession session, @RequestParam String item) {
        Cart cart = cart(session);
        boolean isNew = cart.items.isEmpty();
        cart.items.add(item);
        switch (variant) {
            case "static-map" -> CARTS.put(session.getId().split("\\.")[0], cart);
            case "in-place" -> {
                if (isNew) {
                    session.setAttribute("cart", cart);
                }
            }
            case "not-serialisable" -> {
                cart.discount = new Cart.Discount();
                session.setAttribute("cart", cart);
            }
            default -> session.setAttribute("cart", cart);
        }
        return "redirect:/cart";
    }
}
