//! `<Receiver>`, `<Sender>` and its `<Transport>`.

element! {
    /// `<Receiver>`: takes messages from peers.
    NioReceiver = "Receiver", "org.apache.catalina.tribes.transport.nio.NioReceiver" {
        /// The address to bind and to announce; that of the run, if not said.
        address: String = "address",
        /// The port to bind; that of the run, if not said.
        port: u16 = "port",
        /// How many ports are tried from `port` on; 1, if not said, as peers know the port.
        auto_bind: i32 = "autoBind",
        /// A port with TLS.
        secure_port: i32 = "securePort",
        /// A port for UDP.
        udp_port: i32 = "udpPort",
        /// Read into direct buffers.
        direct: bool = "direct",
        /// Milliseconds of one poll.
        selector_timeout: i64 = "selectorTimeout",
        /// The most threads.
        max_threads: i32 = "maxThreads",
        /// Threads at the start.
        min_threads: i32 = "minThreads",
        /// Milliseconds until an idle thread ends.
        max_idle_time: i64 = "maxIdleTime",
        /// `OOBINLINE`.
        oob_inline: bool = "ooBInline",
        /// Bytes of the receive buffer.
        rx_buf_size: i32 = "rxBufSize",
        /// Bytes of the send buffer.
        tx_buf_size: i32 = "txBufSize",
        /// Bytes of the UDP receive buffer.
        udp_rx_buf_size: i32 = "udpRxBufSize",
        /// Bytes of the UDP send buffer.
        udp_tx_buf_size: i32 = "udpTxBufSize",
        /// `SO_KEEPALIVE`.
        so_keep_alive: bool = "soKeepAlive",
        /// Use `SO_LINGER`.
        so_linger_on: bool = "soLingerOn",
        /// Seconds of `SO_LINGER`.
        so_linger_time: i32 = "soLingerTime",
        /// `SO_REUSEADDR`.
        so_reuse_address: bool = "soReuseAddress",
        /// `TCP_NODELAY`.
        tcp_no_delay: bool = "tcpNoDelay",
        /// Milliseconds of `SO_TIMEOUT`.
        timeout: i32 = "timeout",
        /// Recycle message buffers.
        use_buffer_pool: bool = "useBufferPool",
    }
}

element! {
    /// `<Sender>`.
    ReplicationTransmitter = "Sender", "org.apache.catalina.tribes.transport.ReplicationTransmitter" {
    }
}

element! {
    /// `<Transport>`: sends messages to all peers at once, over pooled connections.
    PooledParallelSender = "Transport", "org.apache.catalina.tribes.transport.nio.PooledParallelSender" {
        /// Bytes of the receive buffer.
        rx_buf_size: i32 = "rxBufSize",
        /// Bytes of the send buffer.
        tx_buf_size: i32 = "txBufSize",
        /// Bytes of the UDP receive buffer.
        udp_rx_buf_size: i32 = "udpRxBufSize",
        /// Bytes of the UDP send buffer.
        udp_tx_buf_size: i32 = "udpTxBufSize",
        /// Write from direct buffers.
        direct_buffer: bool = "directBuffer",
        /// Requests until a connection is opened anew; -1 for no end.
        keep_alive_count: i32 = "keepAliveCount",
        /// Milliseconds until a connection is opened anew; -1 for no end.
        keep_alive_time: i64 = "keepAliveTime",
        /// Milliseconds of one send. The wait for an acknowledgement stays 5 s (`ParallelNioSender`).
        timeout: i64 = "timeout",
        /// How often a failed send is tried again.
        max_retry_attempts: i32 = "maxRetryAttempts",
        /// `OOBINLINE`.
        oob_inline: bool = "ooBInline",
        /// `SO_KEEPALIVE`.
        so_keep_alive: bool = "soKeepAlive",
        /// Use `SO_LINGER`.
        so_linger_on: bool = "soLingerOn",
        /// Seconds of `SO_LINGER`.
        so_linger_time: i32 = "soLingerTime",
        /// `SO_REUSEADDR`.
        so_reuse_address: bool = "soReuseAddress",
        /// Traffic class, 0 to 255.
        so_traffic_class: u8 = "soTrafficClass",
        /// `TCP_NODELAY`.
        tcp_no_delay: bool = "tcpNoDelay",
        /// Fail when a peer answers that it failed.
        throw_on_failed_ack: bool = "throwOnFailedAck",
        /// The most connections to one peer.
        pool_size: i32 = "poolSize",
        /// Milliseconds to wait for a free connection.
        max_wait: i64 = "maxWait",
    }
}
