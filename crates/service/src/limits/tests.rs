use actix_web::http::header::HeaderMap;

use super::*;

fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).unwrap()
}

#[test]
fn a_tenant_is_refused_what_is_beyond_its_second_and_nobody_else_is() {
    let limits = TenantLimits::new(3, 0);
    let begun = limits.with(&tenant("a"), |buckets| buckets.at);
    let takes = |name: &str, after: f64| {
        let now = begun + Duration::from_secs_f64(after);
        limits.request_at(now, &tenant(name)).is_ok()
    };
    assert!((0..3).all(|_| takes("a", 100.0)));
    assert!(!takes("a", 100.0));
    assert!((0..3).all(|_| takes("b", 100.0)));
    // A third of a second brings one.
    assert!(takes("a", 100.34));
    assert!(!takes("a", 100.34));
    // An hour brings no more than a second.
    assert!((0..3).all(|_| takes("a", 4000.0)));
    assert!(!takes("a", 4000.0));
}

#[test]
fn whoever_is_refused_is_told_when_to_come_back() {
    let limits = TenantLimits::new(1, 1000);
    let one = tenant("one");
    assert!(limits.request(&one).is_ok());
    let refused = limits.request(&one).unwrap_err();
    assert_eq!(refused.code(), ProblemCode::RateLimited);
    // A body is taken whole, and what it was too large for is waited for afterwards.
    assert!(limits.may_read(&one).is_ok());
    limits.have_read(&one, 4500);
    let wait = limits.until_bytes(&one).unwrap();
    assert!((3.0..=3.6).contains(&wait.as_secs_f64()), "{wait:?}");
    assert_eq!(
        limits.may_read(&one).unwrap_err().code(),
        ProblemCode::RateLimited
    );
    assert!(limits.may_read(&tenant("another")).is_ok());
    let mut headers = HeaderMap::new();
    write(&mut headers, &limits.quotas(&one));
    let field = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(
        field("ratelimit-policy"),
        "\"requests\";q=1;w=1, \"bytes\";q=1000;qu=\"content-bytes\";w=1"
    );
    assert_eq!(
        field("ratelimit"),
        "\"requests\";r=0;t=1, \"bytes\";r=0;t=5"
    );
}

#[test]
fn without_limits_nothing_is_refused_and_nothing_said() {
    let limits = TenantLimits::new(0, 0);
    let one = tenant("one");
    for _ in 0..1000 {
        limits.have_read(&one, usize::MAX / 2);
        assert!(limits.request(&one).is_ok() && limits.may_read(&one).is_ok());
    }
    let mut headers = HeaderMap::new();
    write(&mut headers, &limits.quotas(&one));
    assert!(headers.is_empty());
}

#[test]
fn made_up_numbers_of_tenants_take_bounded_memory() {
    let limits = TenantLimits::new(1, 1);
    let begun = limits.with(&tenant("first"), |buckets| buckets.at);
    for index in 0..3 * MAX_TENANTS {
        let now = begun + Duration::from_millis(index as u64);
        limits.at(now, &tenant(&index.to_string()), |_| ());
    }
    assert!(limits.0.tenants.lock().unwrap().len() <= MAX_TENANTS);
}
