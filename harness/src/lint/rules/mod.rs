//! The rules, one a file.

use super::Rule;

mod c001_app_is_local;
mod c003_foreign_manager;
mod c004_managers_differ;
mod c005_async_delta;
mod c006_ack_without_use_ack;
mod c007_multicast_or_secure_option;
mod c008_udp_option;
mod c009_option_names;
mod c010_options_do_not_reach_backup;
mod c011_async_backup;
mod c012_expire_on_shutdown;
mod c013_no_replication_valve;
mod c014_no_route_binder;
mod c015_no_session_listener;
mod c016_removed_class;
mod c017_old_names;
mod c018_unknown_attribute;
mod c019_encrypt_below_detector;
mod c020_encryption_key;
mod c021_encryption_algorithms_differ;
mod c022_encryption_not_authenticated;
mod c023_detector_above_dispatcher;
mod c024_no_failure_detector;
mod c025_no_read_test;
mod c026_no_dispatcher;
mod c027_dispatcher_option_flag;
mod c028_queue_drops_messages;
mod c029_farm_deploy_dir;
mod c030_deployer_in_engine;
mod c031_farm_folder_missing;
mod c032_watch_dir_is_deploy_dir;
mod c033_watchers;
mod c034_temp_dir_on_other_device;
mod c035_no_background_processor;
mod c036_slow_farm_poll;
mod c038_farm_peer_without_auto_deploy;
mod c039_app_deployed_twice;
mod c040_not_in_static_list;
mod c041_port_may_drift;
mod c042_unique_id;
mod c043_static_service_not_started;
mod c044_static_interceptor_alone;
mod c045_static_interceptor_and_multicast;
mod c046_static_lists_differ;
mod c047_receivers_collide;
mod c048_loopback_receiver;
mod c049_multicast_address;
mod c050_default_multicast_group;
mod c051_drop_time;
mod c052_loopback_disabled;
mod c053_jvm_route;
mod c054_route_name;
mod c055_session_cookies_differ;
mod c056_session_timeout;
mod c057_attribute_filter;
mod c058_state_transfer_timeout;
mod c059_send_all_sessions_size;
mod c060_max_active_sessions;
mod c061_replication_filter;
mod c062_no_heartbeat;
mod c063_single_sign_on;
mod c064_versions_differ;
mod c066_encryption_bypass;
mod c067_many_delta_nodes;
mod c068_receiver_threads;
mod c069_needless_interceptor;
mod c070_cross_context;
mod c071_tomee_session_manager;
mod c072_tomee_drops_listener;
mod c073_multicast_in_containers;
mod c074_clocks;
mod c075_changed_in_place;
mod c076_misplaced_element;
mod c077_two_clusters;
mod c078_own_place_in_list;
mod c079_static_without_members;
mod c080_default_host;
mod c081_foreign_manager_in_cluster;
mod c082_engines_alike;
mod c083_sample_deployer;
mod c084_ports_swapped;
mod c085_template_attribute;
mod c086_ajp_without_secret;
mod c087_route_by_property;
mod c088_external_entity;
mod c089_fragment_is_local;
mod c090_no_web_xml;
mod c091_distributable_on_context;
mod c092_manager_without_class;
mod c093_shared_session_cookie;
mod c094_filter_and_mappings;
mod c095_wildcard_receiver;
mod c096_multicast_groups_differ;
mod c097_route_unresolved;
mod c098_class_of_other_element;
mod c099_single_sign_on_in_cluster;
mod c100_generator_route;
mod c101_cloud_environment;
mod c102_unready_annotation;
mod c103_unready_not_published;
mod c104_dns_membership_is_open;
mod c105_multicast_in_pods;
mod c106_cloud_without_detector;
mod c107_no_kubernetes_labels;
mod c108_no_cluster_jar;
mod c109_haproxy_prefix;
pub(super) mod c110_unused_ignore;
pub(super) mod c111_ignore_without_reason;
mod c112_placeholder;
mod c113_empty_address;
mod c114_filter_list;
mod c115_reserved_multicast;
mod c116_blank_in_class;
mod c117_wrong_case;
mod c118_missing_class;
mod c119_unknown_class;
mod c120_session_bean;
mod c121_attribute_not_serializable;
mod c122_static_map;
mod c123_field_not_serializable;
mod c124_form_login_failover;
mod c125_hidden_cluster_log;
mod c126_wrong_value;
pub(super) mod c127_stale_baseline;
mod c128_apps_differ;
mod c129_session_class_differs;
mod c130_interceptor_on_one_node;
mod c131_membership_differs;
mod c132_node_without_cluster;
mod c133_port_out_of_range;
mod c134_blank_in_address;
mod c135_farm_folder_not_set;
mod c136_not_read;
mod c137_no_such_host;
mod c138_no_threads;
mod c139_encryption_algorithm;
mod c140_membership_not_started;
mod c141_static_interceptor_list;
mod c142_hosts_alike;
mod c143_receiver_port_taken;
mod c144_serial_filter;
mod c145_twice_in_cluster;
mod c146_multicast_bind;
mod c147_context_class;

/// Every rule, by its code.
pub static ALL: &[&Rule] = &[
    &c001_app_is_local::RULE,
    &c003_foreign_manager::RULE,
    &c004_managers_differ::RULE,
    &c005_async_delta::RULE,
    &c006_ack_without_use_ack::RULE,
    &c007_multicast_or_secure_option::RULE,
    &c008_udp_option::RULE,
    &c009_option_names::RULE,
    &c010_options_do_not_reach_backup::RULE,
    &c011_async_backup::RULE,
    &c012_expire_on_shutdown::RULE,
    &c013_no_replication_valve::RULE,
    &c014_no_route_binder::RULE,
    &c015_no_session_listener::RULE,
    &c016_removed_class::RULE,
    &c017_old_names::RULE,
    &c018_unknown_attribute::RULE,
    &c019_encrypt_below_detector::RULE,
    &c020_encryption_key::RULE,
    &c021_encryption_algorithms_differ::RULE,
    &c022_encryption_not_authenticated::RULE,
    &c023_detector_above_dispatcher::RULE,
    &c024_no_failure_detector::RULE,
    &c025_no_read_test::RULE,
    &c026_no_dispatcher::RULE,
    &c027_dispatcher_option_flag::RULE,
    &c028_queue_drops_messages::RULE,
    &c029_farm_deploy_dir::RULE,
    &c030_deployer_in_engine::RULE,
    &c031_farm_folder_missing::RULE,
    &c032_watch_dir_is_deploy_dir::RULE,
    &c033_watchers::RULE,
    &c034_temp_dir_on_other_device::RULE,
    &c035_no_background_processor::RULE,
    &c036_slow_farm_poll::RULE,
    &c038_farm_peer_without_auto_deploy::RULE,
    &c039_app_deployed_twice::RULE,
    &c040_not_in_static_list::RULE,
    &c041_port_may_drift::RULE,
    &c042_unique_id::RULE,
    &c043_static_service_not_started::RULE,
    &c044_static_interceptor_alone::RULE,
    &c045_static_interceptor_and_multicast::RULE,
    &c046_static_lists_differ::RULE,
    &c047_receivers_collide::RULE,
    &c048_loopback_receiver::RULE,
    &c049_multicast_address::RULE,
    &c050_default_multicast_group::RULE,
    &c051_drop_time::RULE,
    &c052_loopback_disabled::RULE,
    &c053_jvm_route::RULE,
    &c054_route_name::RULE,
    &c055_session_cookies_differ::RULE,
    &c056_session_timeout::RULE,
    &c057_attribute_filter::RULE,
    &c058_state_transfer_timeout::RULE,
    &c059_send_all_sessions_size::RULE,
    &c060_max_active_sessions::RULE,
    &c061_replication_filter::RULE,
    &c062_no_heartbeat::RULE,
    &c063_single_sign_on::RULE,
    &c064_versions_differ::RULE,
    &c066_encryption_bypass::RULE,
    &c067_many_delta_nodes::RULE,
    &c068_receiver_threads::RULE,
    &c069_needless_interceptor::RULE,
    &c070_cross_context::RULE,
    &c071_tomee_session_manager::RULE,
    &c072_tomee_drops_listener::RULE,
    &c073_multicast_in_containers::RULE,
    &c074_clocks::RULE,
    &c075_changed_in_place::RULE,
    &c076_misplaced_element::RULE,
    &c077_two_clusters::RULE,
    &c078_own_place_in_list::RULE,
    &c079_static_without_members::RULE,
    &c080_default_host::RULE,
    &c081_foreign_manager_in_cluster::RULE,
    &c082_engines_alike::RULE,
    &c083_sample_deployer::RULE,
    &c084_ports_swapped::RULE,
    &c085_template_attribute::RULE,
    &c086_ajp_without_secret::RULE,
    &c087_route_by_property::RULE,
    &c088_external_entity::RULE,
    &c089_fragment_is_local::RULE,
    &c090_no_web_xml::RULE,
    &c091_distributable_on_context::RULE,
    &c092_manager_without_class::RULE,
    &c093_shared_session_cookie::RULE,
    &c094_filter_and_mappings::RULE,
    &c095_wildcard_receiver::RULE,
    &c096_multicast_groups_differ::RULE,
    &c097_route_unresolved::RULE,
    &c098_class_of_other_element::RULE,
    &c099_single_sign_on_in_cluster::RULE,
    &c100_generator_route::RULE,
    &c101_cloud_environment::RULE,
    &c102_unready_annotation::RULE,
    &c103_unready_not_published::RULE,
    &c104_dns_membership_is_open::RULE,
    &c105_multicast_in_pods::RULE,
    &c106_cloud_without_detector::RULE,
    &c107_no_kubernetes_labels::RULE,
    &c108_no_cluster_jar::RULE,
    &c109_haproxy_prefix::RULE,
    &c110_unused_ignore::RULE,
    &c111_ignore_without_reason::RULE,
    &c112_placeholder::RULE,
    &c113_empty_address::RULE,
    &c114_filter_list::RULE,
    &c115_reserved_multicast::RULE,
    &c116_blank_in_class::RULE,
    &c117_wrong_case::RULE,
    &c118_missing_class::RULE,
    &c119_unknown_class::RULE,
    &c120_session_bean::RULE,
    &c121_attribute_not_serializable::RULE,
    &c122_static_map::RULE,
    &c123_field_not_serializable::RULE,
    &c124_form_login_failover::RULE,
    &c125_hidden_cluster_log::RULE,
    &c126_wrong_value::RULE,
    &c127_stale_baseline::RULE,
    &c128_apps_differ::RULE,
    &c129_session_class_differs::RULE,
    &c130_interceptor_on_one_node::RULE,
    &c131_membership_differs::RULE,
    &c132_node_without_cluster::RULE,
    &c133_port_out_of_range::RULE,
    &c134_blank_in_address::RULE,
    &c135_farm_folder_not_set::RULE,
    &c136_not_read::RULE,
    &c137_no_such_host::RULE,
    &c138_no_threads::RULE,
    &c139_encryption_algorithm::RULE,
    &c140_membership_not_started::RULE,
    &c141_static_interceptor_list::RULE,
    &c142_hosts_alike::RULE,
    &c143_receiver_port_taken::RULE,
    &c144_serial_filter::RULE,
    &c145_twice_in_cluster::RULE,
    &c146_multicast_bind::RULE,
    &c147_context_class::RULE,
];

/// A rule by its code or name.
pub fn find(wanted: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name == wanted)
}
