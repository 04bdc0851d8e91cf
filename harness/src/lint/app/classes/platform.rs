//! Which classes of the platform can be serialized.

/// Classes of the platform that cannot be serialized, and are seen in sessions.
const BROKEN: [&str; 36] = [
    "javax.servlet.http.HttpServletRequest",
    "javax.servlet.http.HttpServletResponse",
    "javax.servlet.http.HttpSession",
    "javax.servlet.ServletContext",
    "jakarta.servlet.http.HttpServletRequest",
    "jakarta.servlet.http.HttpServletResponse",
    "jakarta.servlet.http.HttpSession",
    "jakarta.servlet.ServletContext",
    "java.lang.Thread",
    "java.lang.ThreadLocal",
    "java.io.InputStream",
    "java.io.OutputStream",
    "java.sql.Connection",
    "java.sql.Statement",
    "java.sql.ResultSet",
    "javax.sql.DataSource",
    "java.util.Optional",
    "java.util.Timer",
    "java.util.concurrent.ExecutorService",
    "java.util.logging.Logger",
    "java.net.Socket",
    "java.awt.image.BufferedImage",
    "java.io.BufferedReader",
    "java.io.PrintWriter",
    "java.io.Reader",
    "java.io.Writer",
    "java.nio.file.Path",
    "java.util.Iterator",
    "java.util.Scanner",
    "java.util.WeakHashMap",
    "java.util.concurrent.CompletableFuture",
    "java.util.stream.Stream",
    "javax.servlet.http.Part",
    "jakarta.servlet.http.Part",
    "javax.persistence.EntityManager",
    "jakarta.persistence.EntityManager",
];

/// Whether a class of the platform is never serialized.
pub(in crate::lint) fn is_broken(class: &str) -> bool {
    BROKEN.contains(&class) || super::code::is_view(class)
}

/// Interfaces of the platform that do not make a class Serializable.
pub(super) fn is_plain_interface(name: &str) -> bool {
    name.starts_with("java.util.function.")
        || matches!(
            name,
            "java.lang.Comparable"
                | "java.lang.Runnable"
                | "java.lang.Cloneable"
                | "java.lang.AutoCloseable"
                | "java.lang.Iterable"
                | "java.io.Closeable"
                | "java.util.Comparator"
                | "java.util.Iterator"
                | "java.util.concurrent.Callable"
                | "java.util.EventListener"
                | "javax.servlet.http.HttpSessionBindingListener"
                | "jakarta.servlet.http.HttpSessionBindingListener"
                | "javax.servlet.http.HttpSessionActivationListener"
                | "jakarta.servlet.http.HttpSessionActivationListener"
        )
}
