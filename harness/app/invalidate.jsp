<%@ page session="false" contentType="application/json;charset=UTF-8" trimDirectiveWhitespaces="true" %>
<%@ include file="WEB-INF/counter.jspf" %>
<%-- Invalidates the session if there is one, and answers as without a session. --%>
<%
  String id = request.getRequestedSessionId(), answer = null;
  while (answer == null) synchronized (mutex(id)) {
    if (request.getSession(false) == null) {
      answer = nothing();
    } else if (!stem(request.getSession(false).getId()).equals(stem(id))) {
      id = request.getSession(false).getId();  // change-id was faster: take the lock of the new id
    } else {
      request.getSession(false).invalidate();
      answer = nothing();
    }
  }
  out.print(answer);
%>
