//! `<Valve>` inside `<Cluster>`.

use crate::model::SendOptions;

choice! {
    /// One valve of the cluster.
    Valve {
        /// Replicates after a request.
        Replication(ReplicationValve),
        /// Gives a session the route of the node that took it over.
        JvmRouteBinder(JvmRouteBinderValve),
        /// One login for the contexts of a Host, on all nodes.
        ClusterSingleSignOn(ClusterSingleSignOn),
        /// One of another class.
        Custom(CustomValve),
    }
}

custom! {
    /// Any other valve.
    CustomValve = "Valve",
}

element! {
    /// Replicates after a request.
    ReplicationValve = "Valve", "org.apache.catalina.ha.tcp.ReplicationValve" {
        /// Pattern of URIs after which nothing replicates.
        filter: String = "filter",
        /// Say in the request whether its session is primary here.
        primary_indicator: bool = "primaryIndicator",
        /// Name of the request attribute that says so.
        primary_indicator_name: String = "primaryIndicatorName",
        /// Count requests.
        statistics: bool = "statistics",
    }
}

element! {
    /// Gives a session the route of the node that took it over.
    JvmRouteBinderValve = "Valve", "org.apache.catalina.ha.session.JvmRouteBinderValve" {
        /// Whether it does so.
        enabled: bool = "enabled",
        /// Name of the request attribute that holds the old id.
        session_id_attribute: String = "sessionIdAttribute",
    }
}

element! {
    /// One login for the contexts of a Host, on all nodes.
    ClusterSingleSignOn = "Valve", "org.apache.catalina.ha.authenticator.ClusterSingleSignOn" {
        /// Domain of its cookies.
        cookie_domain: String = "cookieDomain",
        /// How the map's messages are sent.
        map_send_options: SendOptions = "mapSendOptions",
        /// Check each request with the Realm.
        require_reauthentication: bool = "requireReauthentication",
        /// Milliseconds of a transfer between nodes.
        rpc_timeout: i64 = "rpcTimeout",
        /// Fail the container when replication cannot start.
        terminate_on_start_failure: bool = "terminateOnStartFailure",
        /// Milliseconds of a ping between maps.
        access_timeout: i64 = "accessTimeout",
    }
}
