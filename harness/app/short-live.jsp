<%@ page session="false" contentType="application/json;charset=UTF-8" trimDirectiveWhitespaces="true" %>
<%@ include file="WEB-INF/counter.jspf" %>
<%-- Lets the session, if there is one, end 5 s after its last use. Makes no session. --%>
<%
  String id = request.getRequestedSessionId(), answer = null;
  while (answer == null) synchronized (mutex(id)) {
    if (request.getSession(false) == null) {
      answer = nothing();
    } else if (!stem(request.getSession(false).getId()).equals(stem(id))) {
      id = request.getSession(false).getId();  // change-id was faster: take the lock of the new id
    } else {
      request.getSession(false).setMaxInactiveInterval(5);
      answer = answer(request.getSession(false).getId(), request.getSession(false).isNew(),
          request.getSession(false).getAttribute("count"), request.getSession(false).getAttribute("once"),
          request.getSession(false).getAttribute("list"));
    }
  }
  out.print(answer);
%>
