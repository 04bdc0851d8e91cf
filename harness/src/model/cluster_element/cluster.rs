//! `<Cluster>`, `<Channel>`, `<Deployer>` and `<ClusterListener>`.

use crate::model::SendOptions;

element! {
    /// `<Cluster>` itself.
    SimpleTcpCluster = "Cluster", "org.apache.catalina.ha.tcp.SimpleTcpCluster" {
        /// How messages of the `DeltaManager` and of the farm are sent; the topology's send options, if not said.
        channel_send_options: SendOptions = "channelSendOptions",
        /// Which services of the channel start, as bits; 15, all, by default. `StaticMembershipService` needs all.
        channel_start_options: u32 = "channelStartOptions",
        /// Beat the channel's heart from the container's background thread.
        heartbeat_background_enabled: bool = "heartbeatBackgroundEnabled",
        /// Inform lifecycle listeners of a message that no cluster listener took.
        notify_lifecycle_listener_on_failure: bool = "notifyLifecycleListenerOnFailure",
    }
}

element! {
    /// `<Channel>`.
    GroupChannel = "Channel", "org.apache.catalina.tribes.group.GroupChannel" {
        /// Whether the channel has a heartbeat thread of its own.
        heartbeat: bool = "heartbeat",
        /// Milliseconds between heartbeats.
        heartbeat_sleeptime: i64 = "heartbeatSleeptime",
        /// Refuse two interceptors with the same option flag.
        option_check: bool = "optionCheck",
        /// Whether the channel is seen through MBeans.
        jmx_enabled: bool = "jmxEnabled",
        /// Domain of the channel's MBeans.
        jmx_domain: String = "jmxDomain",
        /// Prefix of the channel's MBean names.
        jmx_prefix: String = "jmxPrefix",
    }
}

element! {
    /// `<Deployer>`: the farm. Folders are below `CATALINA_BASE` where they are relative.
    FarmWarDeployer = "Deployer", "org.apache.catalina.ha.deploy.FarmWarDeployer" {
        /// Where a WAR goes; must be the Host's `appBase`, or no node serves it.
        deploy_dir: String = "deployDir",
        /// Where a WAR is kept while it comes in.
        temp_dir: String = "tempDir",
        /// The folder that is watched.
        watch_dir: String = "watchDir",
        /// Whether it is watched; on exactly one node.
        watch_enabled: bool = "watchEnabled",
        /// Background passes between two looks.
        process_deploy_frequency: u32 = "processDeployFrequency",
        /// Seconds for which an unfinished transfer is kept; negative keeps it for ever.
        max_valid_time: i32 = "maxValidTime",
    }
}

element! {
    /// `<ClusterListener>`: takes messages from other members.
    ClusterListener = "ClusterListener", "org.apache.catalina.ha.session.ClusterSessionListener" {
    }
}
