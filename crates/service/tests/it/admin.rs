//! The admin address.

use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};
use service::{
    ServiceName,
    admin::{self, Health},
    metrics,
    telemetry::LogLevels,
};
use tokio_util::sync::CancellationToken;

async fn get(addr: SocketAddr, path: &str) -> (u16, String) {
    let response = reqwest::get(format!("http://{addr}{path}")).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn health_and_metrics_are_served_until_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let health = Health::new(["postgres", "redis"]);
    let stop = CancellationToken::new();
    let metrics = metrics::install().unwrap();
    metrics::begin(ServiceName::ScorerWorker);
    let (_filter, levels) = LogLevels::new("info").unwrap();
    let server = admin::serve(listener, health.clone(), metrics, levels, stop.clone());
    let client = async {
        health.set("postgres", Ok(()));
        health.set("redis", Err("connection refused".to_owned()));
        let (status, body) = get(addr, "/readyz").await;
        assert_eq!(status, 503);
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap(),
            json!({"ready": false, "draining": false, "checks": {
                "postgres": {"ok": true},
                "redis": {"ok": false, "reason": "connection refused"},
            }})
        );
        health.set("redis", Ok(()));
        assert_eq!(get(addr, "/readyz").await.0, 200);
        health.begin_drain();
        assert_eq!(get(addr, "/readyz").await.0, 503);

        assert_eq!(get(addr, "/livez").await.0, 200);
        health.watch("loop", || Err("stuck".to_owned()));
        assert_eq!(get(addr, "/livez").await.0, 503);

        metrics::evaluations_total("succeeded", "scored", "direct").increment(2);
        metrics::judge_call_seconds().record(1.7);
        metrics::http_requests_in_flight(ServiceName::StatusApi).set(3.0);
        metrics::cost_usd_total().increment_nano_usd(1_000_000_007);
        metrics::queue_entries("batch", "waiting").set(Some(0.0));
        metrics::queue_entries("batch", "in_flight").set(None);
        metrics::worker_slots().set(Some(1000.0));
        let (status, text) = get(addr, "/metrics").await;
        assert_eq!(status, 200);
        for line in [
            "autorater_evaluations_total{status=\"succeeded\",outcome=\"scored\",strategy=\"direct\"} 2",
            "autorater_evaluations_total{status=\"failed\",outcome=\"none\",strategy=\"cascade\"} 0",
            "autorater_webhook_deliveries_total{result=\"failed\"} 0",
            "autorater_judge_call_seconds_bucket{le=\"2.5\"} 1",
            "autorater_judge_call_seconds_bucket{le=\"3600\"} 1",
            "autorater_http_requests_in_flight{service=\"status-api\"} 3",
            "autorater_cost_usd_total 1.000000007",
            "autorater_queue_entries{priority=\"batch\",state=\"waiting\"} 0",
            "autorater_worker_slots 1000",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for family in [
            "autorater_evaluations_total",
            "autorater_cost_usd_total",
            "autorater_queue_entries",
            "autorater_worker_slots",
        ] {
            assert!(
                text.contains(&format!("# HELP {family} ")),
                "{family}\n{text}"
            );
        }
        for absent in [
            "in_flight\"",
            "autorater_queue_oldest_seconds",
            "autorater_worker_slots_wanted",
        ] {
            assert!(!text.contains(absent), "{absent}\n{text}");
        }

        let (status, body) = get(addr, "/nowhere").await;
        assert_eq!((status, body.contains("\"not_found\"")), (404, true));
        stop.cancel();
    };
    let (served, ()) = tokio::join!(server, client);
    served.unwrap();
}
