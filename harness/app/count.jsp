<%@ page session="false" contentType="application/json;charset=UTF-8" trimDirectiveWhitespaces="true" %>
<%@ include file="WEB-INF/counter.jspf" %>
<%-- Adds one to "count"; makes the session if there is none. --%>
<%
  String id = request.getRequestedSessionId(), answer = null;
  while (answer == null) synchronized (mutex(id)) {
    if (request.getSession(false) == null) {
      // "once" and "list" are written here and never again: a later count would heal their loss and hide it.
      // Nobody else knows the new session yet, so the lock of the old id, if any, is as good as its own.
      String once = request.getParameter("once");
      request.getSession().setAttribute("once", once != null ? once : UUID.randomUUID().toString());
      // Safe to serialise (a joining node asks at any time) while another request adds to it.
      request.getSession().setAttribute("list", new java.util.concurrent.CopyOnWriteArrayList<Integer>(Collections.singleton(0)));
    } else if (!stem(request.getSession(false).getId()).equals(stem(id))) {
      id = request.getSession(false).getId();  // change-id was faster: take the lock of the new id
      continue;
    }
    Integer count = (Integer) request.getSession(false).getAttribute("count");
    request.getSession(false).setAttribute("count", count == null ? 1 : count + 1);
    answer = answer(request.getSession(false).getId(), request.getSession(false).isNew(),
        request.getSession(false).getAttribute("count"), request.getSession(false).getAttribute("once"),
        request.getSession(false).getAttribute("list"));
  }
  out.print(answer);
%>
